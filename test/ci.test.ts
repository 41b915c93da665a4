import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

it("GitHub runs what a contributor runs before a push, and nothing else", () => {
  const workflow = readFileSync(".github/workflows/test.yml", "utf8");
  const commands = [...workflow.matchAll(/^ +(?:- )?run: (.+)$/gm)].map(([, command]) => command);
  expect(commands).toEqual(["npm ci --no-audit --no-fund", ".ci/run"]);
});
