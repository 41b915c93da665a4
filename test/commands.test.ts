import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

const run = (...args: string[]) => spawnSync(process.execPath, args, { encoding: "utf8" });

it.each(["scripts/run.mjs start", "scripts/run.mjs check", "scripts/run.mjs generate", "test/model/main.ts"])(
  "%s says in a line what it does not take, and begins nothing; with --help it says what it does",
  (line) => {
    const command = line.split(" ");
    const refused = run(...command, "--nonsense");
    expect(refused).toMatchObject({ status: 2, stdout: "" });
    expect(refused.stderr.trim()).toMatch(/^.*--nonsense.* Its --help says more\.$/);
    expect(run(...command, "--help")).toMatchObject({
      status: 0,
      stderr: "",
      stdout: expect.stringMatching(/npm (start|run)/),
    });
  },
);
