/** Who one is, and the few things to set. */
import { useRef } from "react";
import { Avatar } from "./ui/avatar.js";
import { KeyboardIcon, LeaveIcon, MoonIcon, ScreenIcon, SunIcon } from "./ui/icons.js";
import { type Theme, useTheme } from "./ui/theme.js";

const themes: readonly (readonly [Theme, string, typeof SunIcon])[] = [
  ["system", "System", ScreenIcon],
  ["light", "Light", SunIcon],
  ["dark", "Dark", MoonIcon],
];

export function UserMenu({
  name,
  showShortcuts,
  signOut,
}: {
  name: string;
  showShortcuts: () => void;
  signOut: () => void;
}) {
  const menu = useRef<HTMLDivElement>(null);
  const [theme, setTheme] = useTheme();

  return (
    <>
      <button type="button" className="user-button" popoverTarget="user-menu">
        <Avatar name={name} size={30} />
        <span className="unseen">{name}: account and settings</span>
      </button>
      <div id="user-menu" className="user-menu" popover="auto" ref={menu}>
        <p className="user-name">
          <Avatar name={name} size={32} />
          <span>
            Signed in as <strong>{name}</strong>
          </span>
        </p>
        <fieldset className="segments wide">
          <legend className="unseen">Theme</legend>
          {themes.map(([each, label, Icon]) => (
            <label key={each}>
              <input
                type="radio"
                name="theme"
                checked={theme === each}
                onChange={() => setTheme(each)}
              />
              <span>
                <Icon size={14} />
                {label}
              </span>
            </label>
          ))}
        </fieldset>
        <button
          type="button"
          className="menu-item"
          onClick={() => {
            menu.current?.hidePopover();
            showShortcuts();
          }}
        >
          <KeyboardIcon />
          Keyboard shortcuts <kbd>?</kbd>
        </button>
        <button type="button" className="menu-item" onClick={signOut}>
          <LeaveIcon />
          Sign out
        </button>
      </div>
    </>
  );
}
