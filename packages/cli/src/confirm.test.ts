import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";

const CONFIRM = new URL("./confirm.ts", import.meta.url).href;

/** What a command says that asks first, where somebody can be asked and types this. */
async function answering(typed: string): Promise<string> {
  const program = `
    process.stdin.isTTY = process.stderr.isTTY = true;
    const { confirm } = await import(${JSON.stringify(CONFIRM)});
    await confirm("Delete all?", {}).then(() => console.log("done"), ({ message }) => console.log(message));`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program]);
  let said = "";
  child.stdout.on("data", (chunk) => (said += chunk));
  child.stdin.end(typed);
  await once(child, "close");
  return said;
}

it.each(["y\n", "YES\n"])("%j is a yes", async (typed) => {
  expect(await answering(typed)).toBe("done\n");
});

it.each(["n\n", "\n", "yesterday\n", "ok y\n", ""])("%j is none: nothing is done", async (typed) => {
  expect(await answering(typed)).toBe("Nothing was done.\n");
});
