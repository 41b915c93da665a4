import { described } from "@turnpike/settings/described";

const HEADING = "| variable | what it is | on a laptop, if not set |\n|---|---|---|\n";

/** The README with its table of settings as they are declared. */
export function withSettingsTable(readme: string): string {
  const start = readme.indexOf(HEADING) + HEADING.length;
  const end = readme.indexOf("\n\n", start);
  if (start < HEADING.length || end < 0) throw new Error("The README has no table of settings.");
  const rows = Object.entries(described).map(
    ([name, { is, onLaptop = "not used" }]) => `| \`${name}\` | ${is} | ${onLaptop} |`,
  );
  return readme.slice(0, start) + rows.join("\n") + readme.slice(end);
}
