import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort, startTestSupabase } from "@turnpike/local/testing";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { on, runBilling } from "../billing.ts";
import { startWorld, type World } from "../world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld({ inMemory: true });
}, 120_000);
afterAll(() => world.close());

const runningFile = () => join(world.dataDir, "running.json");
/** What `.env` names of the local system, so that it passes for a deployed one. */
const keys = () => ({
  TURNPIKE_DATA_DIR: emptyFolder(),
  STRIPE_SECRET_KEY: world.local.settings.stripe.secretKey,
  STRIPE_API_BASE: world.url,
  SUPABASE_URL: world.url,
  SUPABASE_SECRET_KEY: world.local.settings.supabase.secretKey,
});

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe("the system that is worked on", () => {
  it("the local one that runs is found by its data folder", async () => {
    await world.priceOf("pro_monthly");
    const { code, stdout, stderr } = await runBilling(["status"], on(world));
    expect(stderr).toBe(`On the local system at ${world.url}, test mode\n`);
    expect(stdout).toMatch(
      /^stripe {4}answers\nsupabase {2}answers\nmirrored {2}acct_\w+ in test mode\n\nobject +equal +as of \(UTC\)\ncustomer /,
    );
    expect(code).toBe(0);
  });

  it("objects that the mirror does not show as Stripe does are an exit code of their own", async () => {
    await world.local.query(
      "insert into billing.completeness values ('refund', '2027-01-31T10:00:00Z', 4, 1, '2027-01-31T09:00:00Z', 3, 2), ('charge', '2027-01-31T09:00:00Z', 3, 0, null, null, null)",
    );
    onTestFinished(async () => {
      await world.local.query("delete from billing.completeness");
    });
    const { code, stdout } = await runBilling(["status"], on(world));
    expect(stdout).toMatch(/^refund +2 of 3 +2027-01-31 09:00:00$/m);
    expect(stdout).toMatch(/^charge +3 read, not compared yet +2027-01-31 09:00:00$/m);
    expect(code).toBe(3);
  });

  it("one answer for programs stands alone on stdout", async () => {
    const { stdout, code } = await runBilling(["status", "--json"], on(world));
    expect(JSON.parse(stdout)).toMatchObject({ healthy: true, mirrored: { livemode: false } });
    expect(code).toBe(0);
  });

  it("keys in the environment name another one", async () => {
    const { code, stderr } = await runBilling(["status"], keys());
    expect(stderr).toBe(`On the environment and .env: Stripe at ${world.url} in test mode, ${world.url}\n`);
    expect(code).toBe(0);
  });

  it("a stage is reached by its keys, and without them the command says which are missing", async () => {
    const staged = await runBilling(["status", "--stage", "staging"], keys());
    expect(staged).toMatchObject({ code: 0, stderr: expect.stringContaining("On stage staging:") });
    const { SUPABASE_SECRET_KEY: _, ...fewer } = keys();
    const { code, stderr } = await runBilling(["status", "--stage", "staging"], fewer);
    expect(stderr).toBe(
      "The stage staging is reached by its keys: set SUPABASE_SECRET_KEY in .env.staging or in the environment.\n",
    );
    expect(code).toBe(1);
  });

  it("what it says of itself is for its owner's eyes, and goes when it ends", async () => {
    expect(statSync(runningFile()).mode & 0o777).toBe(0o600);
    const other = await startWorld({ inMemory: true, dataDir: emptyFolder() });
    expect(existsSync(join(other.dataDir, "running.json"))).toBe(true);
    await other.close();
    expect(existsSync(join(other.dataDir, "running.json"))).toBe(false);
    const { code, stderr } = await runBilling(["status"], on(other));
    expect(stderr).toMatch(/^There is no system to work on\. Start the local one with npm start; .*\n$/);
    expect(code).toBe(1);
  }, 60_000);

  it("one that was killed is told from one that runs", async () => {
    const folder = emptyFolder();
    const running = { ...JSON.parse(readFileSync(runningFile(), "utf8")), pid: 2 ** 22 + 1 }; // beyond the last process
    writeFileSync(join(folder, "running.json"), JSON.stringify(running));
    const { code, stderr } = await runBilling(["status"], { TURNPIKE_DATA_DIR: folder });
    expect(stderr).toMatch(/^The local system in .* was killed: it is not running\. Start it again: npm start\n$/);
    expect(code).toBe(1);
  });
});

describe("what goes wrong is said in a line, without a stack or a key", () => {
  const failing: [what: string, environment: () => Promise<Record<string, string>>, says: RegExp][] = [
    [
      "a Stripe key that is refused",
      async () => ({ STRIPE_SECRET_KEY: "sk_live_wrong" }),
      /refuses STRIPE_SECRET_KEY: copy a secret key/,
    ],
    [
      "a Supabase key that is refused",
      async () => ({ SUPABASE_SECRET_KEY: "sb_secret_wrong" }),
      /refuses SUPABASE_SECRET_KEY: copy it from/,
    ],
    [
      "no network to Supabase",
      async () => ({ SUPABASE_URL: `http://127.0.0.1:${await findFreePort()}` }),
      /does not answer \(ECONNREFUSED\)\. Is SUPABASE_URL right/,
    ],
    [
      "no network to Stripe",
      async () => ({ STRIPE_API_BASE: `http://127.0.0.1:${await findFreePort()}` }),
      /does not answer \(ECONNREFUSED\): is there a network\?/,
    ],
    [
      "a project without the migrations",
      async () => {
        const bare = await startTestSupabase({ migrationsDir: emptyFolder() });
        onTestFinished(() => bare.close());
        return { SUPABASE_URL: bare.url, SUPABASE_SECRET_KEY: bare.secretKey };
      },
      /lacks Turnpike's tables, .*npx supabase db push/,
    ],
    ["an address that is none", async () => ({ SUPABASE_URL: "example" }), /^SUPABASE_URL is no address/],
  ];
  it.each(failing)("%s", async (_, environment, says) => {
    const { code, stdout, stderr } = await runBilling(["status"], { ...keys(), ...(await environment()) });
    const lines = stderr.trim().split("\n");
    expect(lines.at(-1)).toMatch(says);
    expect(lines.length).toBeLessThanOrEqual(2);
    expect(stderr + stdout).not.toMatch(/sk_\w|sb_secret_/);
    expect(code).toBe(1);
  });

  it("a command or an option that is not there is wrong usage", async () => {
    expect(await runBilling(["statsu"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Did you mean status"),
    });
    for (const words of ["statsu --help", "--help statsu", "dlq sl -h", "help statsu"])
      expect(await runBilling(words.split(" "))).toMatchObject({ code: 2, stdout: "" });
    for (const words of ["--help", "dlq --help", "help dlq", "dlq show evt_1 --help"])
      expect(await runBilling(words.split(" "))).toMatchObject({ code: 0, stderr: "" });
    expect(await runBilling(["status", "--sgate", "prod"])).toMatchObject({ code: 2 });
    expect(await runBilling(["status", "--stage", "../prod"])).toMatchObject({ code: 2 });
  });

  it("a key that is pasted as an argument is asked for nowhere, and not repeated", async () => {
    const { code, stdout, stderr } = await runBilling(["explain", "sk_live_pasted", "--json"], on(world));
    expect(stderr).toMatch(/^The command line holds a secret, which your shell's history has now: replace it/);
    expect(stdout + stderr).not.toContain("pasted");
    expect(code).toBe(2);
  });
});

it("the version is the project's", async () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  expect(await runBilling(["--version"])).toMatchObject({ code: 0, stdout: `billing ${version}\n` });
});

it("every command says what it is for, with examples", async () => {
  const { code, stdout } = await runBilling(["--help"]);
  expect(code).toBe(0);
  const names = [...stdout.matchAll(/^ {2}(\w+)(?: \[| {2})/gm)].flatMap(([, name = ""]) =>
    name === "help" ? [] : name,
  );
  expect(names).toContain("status");
  for (const name of names) {
    expect(await runBilling([name, "--help"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("$ npx billing"),
    });
  }
});

it("no colour is in what is no terminal's", async () => {
  const { stdout } = await runBilling(["status"], on(world));
  expect(stdout).not.toContain("\u001b");
});
