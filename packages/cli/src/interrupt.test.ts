import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished, vi } from "vitest";

const INTERRUPT = new URL("./interrupt.ts", import.meta.url).href;
/** Longer than two of one and the same Ctrl-C are apart. */
const LATER_MS = 400;

/** A command that has begun something, and ends once it is asked to and then told by stdin that it is done. */
function startCommand() {
  const program = `
    import { listenForInterrupt } from ${JSON.stringify(INTERRUPT)};
    listenForInterrupt().take().addEventListener("abort", () => console.log("asked"));
    process.on("SIGTERM", () => console.log("SIGTERM"));
    process.stdin.once("data", () => { console.log("ended well"); process.exit(); });
    console.log("begun");`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", program]);
  onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
  return {
    child,
    hears: (text: string, times = 1) => vi.waitFor(() => expect(said.split(text)).toHaveLength(times + 1), 20_000),
  };
}

const codeOf = async (child: ChildProcess) => child.exitCode ?? (await once(child, "close"))[0];

it("Ctrl-C that ends the shell around us as well, which SIGTERM tells of again and again, is one Ctrl-C", async () => {
  const { child, hears } = startCommand();
  await hears("begun");
  child.kill("SIGINT");
  await hears("asked");
  await sleep(LATER_MS);
  for (const times of [1, 2]) {
    child.kill("SIGTERM");
    await hears("SIGTERM", times);
  }
  child.stdin.write("done\n");
  await hears("ended well");
  expect(await codeOf(child)).toBe(0);
});

it("a second Ctrl-C ends at once", async () => {
  const { child, hears } = startCommand();
  await hears("begun");
  child.kill("SIGINT");
  await hears("asked");
  await sleep(LATER_MS);
  child.kill("SIGINT");
  await hears("Stopped.");
  expect(await codeOf(child)).toBe(130);
});
