/** Who is signed in on this browser. A name is all there is to it. */
import { useState } from "react";
import { keep, recall } from "../ui/storage.js";

/** The name in use, `null` for nobody, and a way to change it. */
export function useSession(): [name: string | null, setName: (name: string | null) => void] {
  const [name, setName] = useState<string | null>(() => {
    const kept = recall("name");
    return typeof kept === "string" && kept.trim() !== "" ? kept : null;
  });
  return [
    name,
    (next) => {
      keep("name", next);
      setName(next);
    },
  ];
}
