import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { describe, expect, it } from "vitest";

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" })
  .trim()
  .split("\n")
  .filter((file) => existsSync(file));
const names = new Set(files.map((file) => basename(file)));

const SLASHES = /\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm;
const HASH = /#.*$/gm;
const COMMENTS: Record<string, RegExp> = {
  ...Object.fromEntries([".ts", ".tsx", ".mjs", ".mts", ".css"].map((extension) => [extension, SLASHES])),
  ...Object.fromEntries([".yml", ".yaml", ".example"].map((extension) => [extension, HASH])),
  ".sql": /--.*$/gm,
};
const FOLDERS = "(?:\\.github|bench|docs|packages|scripts|stacks|supabase|test)";
/** `docs/runbook.md`, `stacks/bundling`, `test/stacks*.test.ts`; not the path of a URL. */
const PATH = new RegExp(`(?<![\\w/.@-])${FOLDERS}/[\\w.*/-]*[\\w*]`, "g");
/** `stage.ts`; what is made at run time (JSON, say) is not looked for. */
const NAME = /(?<![\w/.*-])[\w.-]+\.(?:tsx?|mjs|sql|md|yml)(?![\w-])/g;

/** The files and folders that a text names and that are not there, from the root, from its package, or beside it. */
function missing(file: string, text: string): string[] {
  const places = [".", /^packages\/[^/]+/.exec(file)?.[0] ?? ".", dirname(file)];
  // A Lambda's handler is named by its file and its export.
  const isThere = (path: string) =>
    places.some((place) => globSync(join(place, path.replace(/\.handler$/, ".ts"))).length > 0);
  const paths = [...text.matchAll(PATH)].flatMap(([path]) => (isThere(path) ? [] : [path]));
  const bare = [...text.matchAll(NAME)].flatMap(([name]) => (names.has(name) ? [] : [name]));
  return [...paths, ...bare].map((named) => `${file}: ${named}`);
}

const commentsOf = (file: string, source: string) =>
  [...source.matchAll(COMMENTS[extname(file)] ?? /^$/g)].map(([comment]) => comment).join("\n");

describe("a file or folder that is named is there", () => {
  it("in comments of sources, tests, SQL and YAML", () => {
    const commented = files.filter((file) => COMMENTS[extname(file)]);
    expect(commented.length).toBeGreaterThan(300);
    expect(commented.flatMap((file) => missing(file, commentsOf(file, readFileSync(file, "utf8"))))).toEqual([]);
  });

  it("in the documentation, where code is quoted and where a link leads", () => {
    const pages = files.filter((file) => file.endsWith(".md"));
    const unfound = pages.flatMap((page) => {
      const text = readFileSync(page, "utf8");
      const quoted = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code).join("\n");
      const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, link = ""]) =>
        join(dirname(page), link),
      );
      return [...missing(page, quoted), ...links.filter((link) => !existsSync(link)).map((link) => `${page}: ${link}`)];
    });
    expect(pages.length).toBeGreaterThan(15);
    expect(unfound).toEqual([]);
  });

  it("or else it is found out", () => {
    // Not written as a comment here, or this file itself would be found out.
    const source = `/${"**"} The alarms in "stacks/watch" read docs/gone.md, see stages.ts. https://example.com/docs/x.md */`;
    expect(missing("packages/functions/src/metrics.ts", commentsOf("metrics.ts", source))).toEqual([
      "packages/functions/src/metrics.ts: stacks/watch",
      "packages/functions/src/metrics.ts: docs/gone.md",
      "packages/functions/src/metrics.ts: stages.ts",
    ]);
    expect(commentsOf("a.sql", "select 1; -- what test/gone.ts does")).toContain("test/gone.ts");
    expect(commentsOf("a.yml", "run: x # docs/gone.md")).toContain("docs/gone.md");
  });
});

it("the runbook says of every mail to the operator what it means", () => {
  const subjects = [...readFileSync("packages/core/src/notices/kinds.ts", "utf8").matchAll(/subject: "(.+)"/g)].map(
    ([, said]) => said,
  );
  const [, told = ""] = readFileSync("docs/runbook.md", "utf8").split("\n## What the operator is told\n");
  const explained = [...told.matchAll(/^\| (.+?) \|/gm)].flatMap(([, row = ""]) => row.split("; "));
  expect(subjects.filter((subject = "") => !explained.includes(subject))).toEqual([]);
  expect(subjects).toContain("A refund did not arrive");
});
