import { execFile, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startTestPostgres } from "@turnpike/local/testing";
import { expect, test } from "vitest";
import { Player } from "./simulation/players.ts";

const MAIN = fileURLToPath(new URL("./simulation/main.ts", import.meta.url));
const run = promisify(execFile);

test("what once failed in the simulation holds, and a seed comes to the same run in another process", {
  timeout: 300_000,
}, async () => {
  const { stdout } = await run(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, "--corpus"]);
  const lines = stdout.trim().split("\n");
  for (const line of lines) expect(line).toMatch(/holds$/);
  expect(lines.filter((line) => line.endsWith("twice holds"))).toHaveLength(2);
});

test("Ctrl-C ends a run with what was found", { timeout: 60_000 }, async () => {
  const search = spawn(process.execPath, [MAIN], { detached: true, stdio: ["ignore", "pipe", "ignore"] });
  let said = "";
  for await (const chunk of search.stdout.setEncoding("utf8")) {
    // As a terminal says it: to whatever it has started, and what that has.
    if (said === "") process.kill(-Number(search.pid), "SIGINT");
    said += chunk;
  }
  expect(said).toMatch(/^Seeds from 1 on.*\n0 histories in .* 0 of 0 worlds failed\nfaults: /);
});

test("on a Postgres server a seed comes to the same run as in PGlite", { timeout: 120_000 }, async () => {
  const line = "300065:histories=0:turns=1:faults=0:climate=unmade";
  const server = await startTestPostgres();
  const players = [new Player(), new Player({ SIMULATION_POSTGRES: server.url })];
  const [inPglite, onServer] = await Promise.all(players.map((player) => player.play(line)));
  for (const player of players) player.close();
  await server.close();
  expect(onServer).toMatchObject({ failures: {}, digest: inPglite?.digest });
  expect(onServer?.digest).toMatch(/^[0-9a-f]{32}$/);
});

test("a world whose process dies is one that does not hold, and no end of the run", { timeout: 60_000 }, async () => {
  const { failures } = await new Player().play("1:nonsense");
  expect(failures).toEqual({ "it comes to an end": [expect.any(String)] });
});
