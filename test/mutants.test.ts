import { existsSync, globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { FOLDERS } from "./mutants/folders.ts";
import { placeMutants } from "./mutants/place.ts";
import { SQL_MUTANTS } from "./mutants/sql.ts";
import { SURVIVORS } from "./mutants/survivors.ts";

// `npm run mutants` takes an hour: what it needs is looked at here, so that a change that it must follow is seen at once.
const root = fileURLToPath(new URL("..", import.meta.url));

describe("what mutants are made of is there:", () => {
  it("each text of the SQL that is changed, once, and under a name of its own", () => {
    expect(placeMutants(SQL_MUTANTS).size).toBe(SQL_MUTANTS.length);
    expect(new Set(SQL_MUTANTS.map(({ name }) => name)).size).toBe(SQL_MUTANTS.length);
  });

  it("each line of which a change has a reason to live on", () => {
    for (const { file, code } of SURVIVORS) {
      const lines = readFileSync(root + file, "utf8").split("\n");
      expect({ file, lines: lines.map((line) => line.trim()) }).toMatchObject({
        lines: expect.arrayContaining([code]),
      });
    }
  });

  it("each test that must miss them", () => {
    const ofSql = SQL_MUTANTS.flatMap(({ tests }) => tests);
    expect(ofSql.filter((test) => !existsSync(root + test))).toEqual([]);
    const globs = FOLDERS.flatMap(({ tests, mutate }) => [...tests, ...mutate]);
    expect(globs.filter((glob) => globSync(glob, { cwd: root }).length === 0)).toEqual([]);
  });
});
