/** Who is signed in decides what there is: a door, or the room with a line of its own. */
import { useEffect, useState } from "react";
import { type Line, openLine } from "./line/line.js";
import { TautlineProvider } from "./line/tautline.js";
import { LineContext, useLine, useLineStory } from "./line/use-line.js";
import { Room } from "./room.js";
import { useSession } from "./session/session.js";
import { SignIn } from "./session/sign-in.js";
import { Toasts } from "./ui/toasts.js";

export function App() {
  const [name, setName] = useSession();
  const [line, setLine] = useState<Line | null>(null);

  useEffect(() => {
    if (name === null) return;
    const opened = openLine(name);
    setLine(opened);
    return () => {
      setLine(null);
      opened.close();
    };
  }, [name]);

  if (name === null) return <SignIn enter={setName} />;
  if (!line) return null;
  return (
    <LineContext value={line}>
      <TautlineProvider api={line.api} queryClient={line.queryClient}>
        <Toasts>
          <Inside enter={setName} />
        </Toasts>
      </TautlineProvider>
    </LineContext>
  );
}

/** The room, unless the server never let this visitor in: then it is the door again. */
function Inside({ enter }: { enter: (name: string | null) => void }) {
  const { name } = useLine();
  const { state, openSince, lostAt } = useLineStory();
  const everOpen = openSince !== null || lostAt !== null;
  if (state === "closed" && !everOpen) return <SignIn enter={enter} refused={name} />;
  return <Room signOut={() => enter(null)} />;
}
