/**
 * The line, drawn as what it is named after: taut while it is open, slack while it is made, parted
 * when the network is cut. A thread holds the parted ends together while the session can be resumed.
 * The twist of the rope is a dashed stroke on top of a solid one.
 */
import type { LineState } from "./story.js";

const width = 216;
const height = 66;
const y = 34;
const [left, right] = [26, width - 26];

export function Rope({ state, pulse }: { state: LineState; pulse: number }) {
  const parted = state === "waiting" || state === "resuming" || state === "closed";
  return (
    <svg
      className="rope"
      data-state={state}
      viewBox={`0 0 ${width} ${height}`}
      width="100%"
      role="img"
      aria-label={ropeLabels[state]}
    >
      {parted ? (
        <>
          <Strand
            d={`M${left} ${y} C ${left + 26} ${y + 26}, ${left + 40} ${y + 30}, ${left + 54} ${y + 24}`}
          />
          <Strand
            d={`M${right} ${y} C ${right - 26} ${y + 26}, ${right - 40} ${y + 30}, ${right - 54} ${y + 24}`}
          />
          {state === "resuming" && (
            <path className="thread" d={`M${left + 58} ${y + 24} L ${right - 58} ${y + 24}`} />
          )}
          <g className="fray">
            <path
              d={`M${left + 54} ${y + 24} l5 -3 M${left + 54} ${y + 24} l6 0 M${left + 54} ${y + 24} l4 3`}
            />
            <path
              d={`M${right - 54} ${y + 24} l-5 -3 M${right - 54} ${y + 24} l-6 0 M${right - 54} ${y + 24} l-4 3`}
            />
          </g>
        </>
      ) : (
        <Strand d={`M${left} ${y} Q ${width / 2} ${state === "open" ? y : y + 44} ${right} ${y}`} />
      )}
      {state === "open" && pulse > 0 && (
        <circle key={pulse} className="pulse" r="3.5" cx={left} cy={y} />
      )}
      <Post x={left} label="You" />
      <Post x={right} label="Server" />
    </svg>
  );
}

const ropeLabels: Record<LineState, string> = {
  open: "The line between you and the server is taut",
  connecting: "The line between you and the server is slack",
  waiting: "The line between you and the server has parted",
  resuming: "The line between you and the server has parted, and its session is kept",
  closed: "The line between you and the server is gone",
};

function Strand({ d }: { d: string }) {
  return (
    <g className="strand">
      <path className="strand-edge" d={d} />
      <path className="strand-body" d={d} />
      <path className="strand-twist" d={d} />
    </g>
  );
}

function Post({ x, label }: { x: number; label: string }) {
  return (
    <g className="post">
      <circle cx={x} cy={y} r="9" />
      <circle className="post-eye" cx={x} cy={y} r="3" />
      <text x={x} y={14} textAnchor="middle">
        {label}
      </text>
    </g>
  );
}
