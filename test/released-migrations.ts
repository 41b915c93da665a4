import { createHash } from "node:crypto";

const HEADING = /^## \[?(\d[^\]\s]*)\]?/;
/** As `sha256sum` writes it. */
const LISTED = /^([\da-f]{64}) [ *](\d{14}_\w+\.sql)$/;

/**
 * What became of migrations that a release in the changelog lists, though databases out there have applied them.
 * @param migrations the SQL of each file, by its name
 * @returns a sentence for each breach
 */
export function findThawed(changelog: string, migrations: Record<string, string>): string[] {
  const releases = listedByRelease(changelog);
  const frozen = [...releases].flatMap(([version, listed]) => listed.map((file) => ({ version, ...file })));
  const last =
    frozen
      .map(({ name }) => name)
      .sort()
      .at(-1) ?? "";
  const known = new Set(frozen.map(({ name }) => name));
  return [
    ...[...releases].filter(([, listed]) => listed.length === 0).map(([version]) => `${version} lists no migrations`),
    ...frozen.flatMap(({ version, name, sha256 }) => {
      const sql = migrations[name];
      if (sql === undefined) return `${name} was removed, but ${version} has it`;
      return sha256 === createHash("sha256").update(sql).digest("hex") ? [] : `${name} is not as ${version} has it`;
    }),
    ...Object.keys(migrations)
      .filter((name) => !known.has(name) && name < last)
      .map((name) => `${name} is new, but sorts before ${last}, which is released`),
  ];
}

/** The migrations that the entry of each version lists. */
function listedByRelease(changelog: string): Map<string, { name: string; sha256: string }[]> {
  const releases = new Map<string, { name: string; sha256: string }[]>();
  let listed: { name: string; sha256: string }[] = [];
  for (const line of changelog.split("\n")) {
    if (line.startsWith("## ")) {
      listed = [];
      const [, version] = HEADING.exec(line) ?? [];
      if (version) releases.set(version, listed);
    }
    const [, sha256, name] = LISTED.exec(line.trim()) ?? [];
    if (sha256 && name) listed.push({ name, sha256 });
  }
  return releases;
}
