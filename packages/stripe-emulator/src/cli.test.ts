import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Stripe from "stripe";
import { expect, onTestFinished, test } from "vitest";

const CLI = new URL("./cli.ts", import.meta.url).pathname;
/** Where npm links the command. */
const BIN = new URL("../../../node_modules/.bin/stripe-emulator", import.meta.url).pathname;

interface Started {
  child: ChildProcess;
  output: () => string;
  /** Its exit code. */
  ended: Promise<unknown>;
}

function start(args: string[], program = CLI): Started {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program, ...args]);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  const ended = once(child, "close").then(([code]) => code);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return { child, output: () => output, ended };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "stripe-emulator-cli-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

/** Starts it and waits until it listens. */
async function listen(port: number, args: string[] = []): Promise<Started> {
  const started = start(["--port", String(port), ...args]);
  while (!started.output().includes("/_emulator")) await once(started.child.stdout ?? started.child, "data");
  return started;
}

const clientAt = (port: number) => new Stripe("sk_test_cli", { host: "127.0.0.1", port, protocol: "http" });

test("the command that npm links shows its options and examples", async () => {
  const { output, ended } = start(["--help"], BIN);
  expect(await ended).toBe(0);
  expect(output()).toMatch(/--state <file>[\s\S]+Examples:/);
});

test("what was answered before Ctrl-C, or before a kill, is there after a restart", async () => {
  const state = join(folder(), "state.jsonl");
  const port = await freePort();
  const stripe = clientAt(port);
  const first = await listen(port, ["--state", state]);
  const kept = await stripe.customers.create({ name: "Kept" });
  first.child.kill("SIGINT");
  expect(await first.ended).toBe(0);
  const second = await listen(port, ["--state", state]);
  await stripe.customers.update(kept.id, { name: "Changed" });
  second.child.kill("SIGKILL");
  await second.ended;
  await listen(port, ["--state", state]);
  expect(await stripe.customers.retrieve(kept.id)).toMatchObject({ name: "Changed" });
});

test("what is in the way is said in one line, and changes nothing", async () => {
  const path = folder();
  const [state, foreign, port] = [join(path, "state.jsonl"), join(path, "other.json"), await freePort()];
  writeFileSync(foreign, '{"name":"not a state"}');
  await listen(port, ["--state", state]);
  const told = async (...args: string[]) => {
    const { output, ended } = start(args);
    expect(await ended).toBe(1);
    expect(output().trim().split("\n")).toHaveLength(1);
    return output();
  };
  const said = await Promise.all([
    told("--port", String(port)),
    told("--port", await freePort().then(String), "--state", state),
    told("--port", await freePort().then(String), "--state", foreign),
    told("--port", await freePort().then(String), "--state", path),
    told("--port", await freePort().then(String), "--state", "/dev/full"),
    told("--port", "http"),
    told("--prot", "1"),
    told("--webhook", "localhost:3000"),
    told("--host", "0.0.0.0"),
  ]);
  const words = [
    `Port ${port} is in use`,
    "in use by another emulator",
    "is damaged at line 1",
    "is no file",
    "/dev/full is no file",
    "not a port",
    "--prot",
    "not an address",
    "--allow-remote",
  ];
  for (const [index, word] of words.entries()) expect(said[index]).toContain(word);
  expect(readFileSync(foreign, "utf8")).toBe('{"name":"not a state"}');
});
