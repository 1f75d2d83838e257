/** The mark: a line under tension with a taut-line hitch round it. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" fill="none" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#0f2a24" />
      <path d="M3.5 22.5 28.5 9.5" stroke="#e6c48f" strokeWidth="2.6" strokeLinecap="round" />
      <path
        d="M11.2 13.8c-.9 2.1.2 6.3 2 8.2M15.6 11.5c-.9 2.1.2 6.3 2 8.2M20 9.2c-.9 2.1.2 6.3 2 8.2"
        stroke="#3fcdac"
        strokeWidth="2.6"
        strokeLinecap="round"
      />
    </svg>
  );
}
