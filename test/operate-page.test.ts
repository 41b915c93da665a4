import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { runBilling } from "./billing.ts";

const page = readFileSync("docs/operate.md", "utf8");
const calls = [...page.matchAll(/npx billing ([a-z][^\n`]*)/g)].map(([, words = ""]) => words.split(" "));

/** Words that name a command: those before an argument or an option. */
async function commandOf(words: string[]): Promise<string[]> {
  const [name = "", next = ""] = words;
  const { stdout } = await runBilling([name, "--help"]);
  return new RegExp(`^  ${next}\\b`, "m").test(stdout) && /^[a-z]+$/.test(next) ? [name, next] : [name];
}

it("every command and option that the page shows is there", { timeout: 120_000 }, async () => {
  expect(calls.length).toBeGreaterThan(8);
  const known = (await runBilling(["--help"])).stdout;
  for (const words of calls) {
    expect(known, words.join(" ")).toMatch(new RegExp(`^  ${words[0]}\\b`, "m"));
    const { stdout } = await runBilling([...(await commandOf(words)), "--help"]);
    for (const option of words.filter((word) => word.startsWith("--")))
      expect(stdout, words.join(" ")).toContain(option);
  }
});

it("the exit codes are those that --help lists", async () => {
  const { stdout } = await runBilling(["--help"]);
  for (const [, code = ""] of page.matchAll(/^\| (\d+) \|/gm)) expect(stdout).toMatch(new RegExp(`[ ,]${code} `));
});
