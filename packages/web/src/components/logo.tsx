export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 24 24" aria-hidden="true">
      <rect width="24" height="24" rx="6" />
      <path d="M7 18.5V12.5L18 6" />
      <circle cx="7" cy="12.5" r="2.1" />
    </svg>
  );
}
