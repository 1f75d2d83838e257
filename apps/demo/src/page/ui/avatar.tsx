/** Who somebody is at a glance: initials on a colour that follows from the name alone. */

/** Up to two initials: "Priya Raman" → "PR". */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined];
  return letters.map((word) => [...(word ?? "")][0]?.toUpperCase() ?? "").join("");
}

/** A hue in degrees, the same for a name on every page. */
export function hueOf(name: string): number {
  let sum = 7;
  for (const letter of name.trim().toLowerCase()) sum = (sum * 31 + letter.codePointAt(0)!) % 9_973;
  return (sum % 12) * 30 + 15;
}

export function Avatar({ name, size = 24 }: { name: string; size?: number }) {
  const monitoring = name === "Watchtower";
  return (
    <span
      className="avatar"
      data-monitoring={monitoring || undefined}
      style={{ "--hue": hueOf(name), "--size": `${size}px` } as React.CSSProperties}
      title={name}
      aria-hidden="true"
    >
      {initialsOf(name)}
    </span>
  );
}
