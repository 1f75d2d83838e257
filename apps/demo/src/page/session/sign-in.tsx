/** The door: a name, and one is in. */
import { useState } from "react";
import { Avatar } from "../ui/avatar.js";
import { Mark } from "../ui/mark.js";

/** Names of the seeded team, for those who do not want to think of one. */
const people = ["Priya Raman", "Marco Silva", "Yuki Tanaka", "Amara Okafor"];

/** @param refused The name under which the server has just refused somebody. */
export function SignIn({ enter, refused }: { enter: (name: string) => void; refused?: string }) {
  const [name, setName] = useState(refused ?? "");
  const trimmed = name.trim();

  return (
    <main className="door">
      <div className="door-card">
        <Mark size={44} />
        <h1>Incident room</h1>
        <p className="lead">
          Where the team that is on call sees, says and settles what is broken.
        </p>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (trimmed) enter(trimmed);
          }}
        >
          <label htmlFor="name">Your name</label>
          <div className="door-field">
            <input
              id="name"
              className="input"
              value={name}
              onChange={(event) => setName(event.target.value)}
              maxLength={40}
              autoComplete="name"
              placeholder="Ada Lovelace"
              // biome-ignore lint/a11y/noAutofocus: it is the only thing to do on this page
              autoFocus
            />
            <button type="submit" className="button primary" disabled={!trimmed}>
              Enter
            </button>
          </div>
        </form>
        {refused !== undefined && (
          <p className="door-refused" role="alert">
            The server does not let anybody in under this name. Try another one.
          </p>
        )}
        <div className="door-people">
          <p id="people">or step in as</p>
          <ul aria-labelledby="people">
            {people.map((person) => (
              <li key={person}>
                <button type="button" className="person" onClick={() => enter(person)}>
                  <Avatar name={person} size={28} />
                  {person}
                </button>
              </li>
            ))}
          </ul>
        </div>
        <p className="fine">
          No password: this is a demonstration, and whoever can reach it may be anyone. Open it in a
          second window under another name to see two people at work.
        </p>
      </div>
      <DoorRope />
    </main>
  );
}

/** A taut line across the page, behind the card. */
function DoorRope() {
  return (
    <svg className="door-rope" viewBox="0 0 1440 200" preserveAspectRatio="none" aria-hidden="true">
      <path className="strand-edge" d="M-10 176 L1450 24" />
      <path className="strand-body" d="M-10 176 L1450 24" />
      <path className="strand-twist" d="M-10 176 L1450 24" />
    </svg>
  );
}
