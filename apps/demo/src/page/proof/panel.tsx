/** The proof, in numbers: what was sent, what the server has done, and that it is the same. */
import { useSyncExternalStore } from "react";
import { useLine } from "../line/use-line.js";
import { type Proof, verdictOf } from "./tally.js";

/** The load, as it goes. */
export function useProof(): Proof {
  const { load } = useLine();
  return useSyncExternalStore(load.subscribe, load.current);
}

export function ProofPanel() {
  const proof = useProof();
  const { phase, stream } = proof;
  if (phase === "idle") return null;
  const { tone, text } = verdictOf(proof);

  return (
    <section className="proof" aria-label="The proof">
      <p className="verdict" data-tone={tone} role="status">
        {text}
      </p>
      <h3>20 calls a second</h3>
      <dl className="counts">
        <Count name="Sent" value={proof.sent} />
        <Count name="Executed" value={proof.executed} />
        <Count name="Answered" value={proof.answered} />
        <Count name="Lost" value={proof.lost} promised />
        <Count name="Twice" value={proof.twice} promised />
        <Count name="Unknown" value={proof.unknown} />
      </dl>
      <h3>20 events a second</h3>
      <dl className="counts">
        <Count name="Received" value={stream.received} />
        <Count name="Missed" value={stream.missed} promised />
        <Count name="Doubled" value={stream.doubled} promised />
      </dl>
      <dl className="figures">
        <div>
          <dt>Sent again, already done</dt>
          <dd>{proof.known}</dd>
        </div>
        <div>
          <dt>Events followed anew</dt>
          <dd>{stream.begunAnew}</dd>
        </div>
      </dl>
    </section>
  );
}

/** @param promised Whether it is zero, whatever happens to the line. */
function Count({ name, value, promised }: { name: string; value: number; promised?: boolean }) {
  return (
    <div data-promise={promised && (value === 0 ? "kept" : "broken")}>
      <dt>{name}</dt>
      <dd>{value.toLocaleString("en-US")}</dd>
    </div>
  );
}
