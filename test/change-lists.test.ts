import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { matchesGlob } from "node:path";
import { describe, expect, it } from "vitest";

const page = readFileSync("CONTRIBUTING.md", "utf8");
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" })
  .trim()
  .split("\n")
  .filter((file) => existsSync(file));

/** The files that the table under a heading lists, with the example's names in their places. */
function listed(heading: string, names: Record<string, string>): string[] {
  const [, section = ""] = page.split(`\n### ${heading}\n`);
  const [table = ""] = section.split("\n#");
  return [...table.matchAll(/^\| `([^`]+)` \|/gm)].map(([, path = ""]) =>
    path.replace(/<(\w+)>/g, (_, name: string) => names[name] ?? `<${name}>`),
  );
}

/** Where an example may stand without a place on the list: the emulator is a Stripe of its own, tests use it as data. */
const ELSEWHERE = /^(packages\/stripe-emulator|test|bench|docs)\/|\.test\.tsx?$|\.md$|^package-lock\.json$/;

/** Files that name the example and are not listed, and entries of the list that no such file bears out. */
function differences(list: string[], example: RegExp): string[] {
  const naming = files.filter((file) => example.test(readFileSync(file, "utf8")));
  const isListed = (file: string) => list.some((entry) => matchesGlob(file, entry));
  return [
    ...naming.filter((file) => !ELSEWHERE.test(file) && !isListed(file)).map((file) => `not listed: ${file}`),
    ...list.filter((entry) => !naming.some((file) => matchesGlob(file, entry))).map((entry) => `not so: ${entry}`),
  ];
}

describe("the files that a change takes are those that CONTRIBUTING.md lists", () => {
  it.each<[string, RegExp, Record<string, string>]>([
    ["A mirrored object", /credit[_-]?notes?\b/i, { object: "credit-note" }],
    ["An event of a mirrored object", /\binvoice\.overdue\b/, { object: "invoice" }],
    [
      "A route",
      /create-?portal\b|function openPortal\b/i,
      { concept: "portal", route: "create-portal", component: "button-account" },
    ],
    ["An alarm", /\botherAccount\b|^\| alarms \|/im, { function: "apply-stripe-events" }],
  ])("%s", (heading, example, names) => {
    const list = listed(heading, names);
    expect(list).not.toEqual([]);
    expect(differences(list, example)).toEqual([]);
  });

  it("or else it is found out", () => {
    const object = listed("A mirrored object", { object: "credit-note" });
    expect(differences([...object.slice(1), "stacks/api.ts"], /credit[_-]?notes?\b/i)).toEqual([
      "not listed: packages/core/src/mirror/objects/credit-note.ts",
      "not so: stacks/api.ts",
    ]);
  });
});
