/** Who is signed in decides what there is: a door, or the room with a line of its own. */
import { QueryClientProvider } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { type Line, openLine } from "./line/line.js";
import { LineContext } from "./line/use-line.js";
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
      <QueryClientProvider client={line.queryClient}>
        <Toasts>
          <Room signOut={() => setName(null)} />
        </Toasts>
      </QueryClientProvider>
    </LineContext>
  );
}
