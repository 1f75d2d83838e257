/** The keys that work anywhere in the room. */
import { Dialog } from "./ui/dialog.js";

const shortcuts: readonly (readonly [keys: string[], what: string])[] = [
  [["/"], "Search"],
  [["j", "k"], "Next and previous incident"],
  [["Enter"], "Open the incident"],
  [["Esc"], "Close what is open"],
  [["n"], "Open a new incident"],
  [["a"], "Acknowledge"],
  [["r"], "Resolve"],
  [["m"], "Comment"],
  [["l"], "The line"],
  [["?"], "These keys"],
];

export function Shortcuts({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose} className="narrow">
      <dl className="shortcuts">
        {shortcuts.map(([keys, what]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
