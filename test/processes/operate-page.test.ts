import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { runBilling } from "../billing.ts";

const page = readFileSync("docs/operate.md", "utf8");
const calls = [...page.matchAll(/npx billing ([a-z][^\n`]*)/g)].map(([, words = ""]) => words.split(" "));

const asked = new Map<string, Promise<string>>();
/** What a command says of itself. Each is asked once: a process takes half a second. */
function helpOf(...command: string[]): Promise<string> {
  const name = command.join(" ");
  const help = asked.get(name) ?? runBilling([...command, "--help"]).then(({ stdout }) => stdout);
  asked.set(name, help);
  return help;
}

/** Words that name a command: those before an argument or an option. */
async function commandOf(words: string[]): Promise<string[]> {
  const [name = "", next = ""] = words;
  return /^[a-z]+$/.test(next) && new RegExp(`^  ${next}\\b`, "m").test(await helpOf(name)) ? [name, next] : [name];
}

it("every command and option that the page shows is there", { timeout: 120_000 }, async () => {
  expect(calls.length).toBeGreaterThan(8);
  const known = await helpOf();
  for (const words of calls) {
    expect(known, words.join(" ")).toMatch(new RegExp(`^  ${words[0]}\\b`, "m"));
    const help = await helpOf(...(await commandOf(words)));
    for (const option of words.filter((word) => word.startsWith("--"))) expect(help, words.join(" ")).toContain(option);
  }
});

it("the exit codes are those that --help lists", async () => {
  const help = await helpOf();
  for (const [, code = ""] of page.matchAll(/^\| (\d+) \|/gm)) expect(help).toMatch(new RegExp(`[ ,]${code} `));
});
