import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { findRunning } from "@turnpike/settings/running";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startAwsStub } from "../aws-stub.ts";
import { runBilling, startBilling } from "../billing.ts";
import { emptying } from "../emptying.ts";
import { startWorld, WAIT, type World } from "../world.ts";

// What the guides tell an operator to type, word for word, on a stage whose keys are those of a system that runs here and whose queues
// are found through AWS.

vi.setConfig({ testTimeout: 120_000 });

const GUIDES = ["docs/deploy.md", "docs/runbook.md", "docs/upgrade-and-teardown.md"];
const PROGRAM =
  /^(npx billing|npx sst|npx supabase|npx --yes aws-cdk|npm run|npm start|node|aws|git|curl|cp|export|read)\b/;
/** The last one in test/stacks.test.ts, where there are maps. */
const RUN_HERE = ["npx billing", "npm run", "node"];
/** In a pipe, and after an `&&` that has run before: no command of its own. */
const INNER = /^(tr|xargs|rm|jq|npm ci)\b/;

const bodyOf = (guide: string) => readFileSync(guide, "utf8");

/** Every command of a guide: each of a shell block, and each of a span that begins as one. */
function commandsOf(guide: string): string[] {
  const text = bodyOf(guide);
  const blocks = [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)].flatMap(([, block = ""]) =>
    block
      .replace(/\\\n\s*/g, " ")
      .replace(/\|\n\s*/g, "| ")
      .split("\n"),
  );
  const spans = [...text.replace(/^ *```[\s\S]*?^ *```/gm, "").matchAll(/`([^`\n]+)`/g)]
    .map(([, span = ""]) => span)
    .filter((span) => PROGRAM.test(span) && / /.test(span));
  return [...blocks, ...spans]
    .map((line) => line.replace(/\s+#.*$/, "").replace(/"[^"]*"/g, (quoted) => quoted.replace(/&&|\|/g, " ")))
    .flatMap((line) => line.split(/ && | \| /))
    .map((line) => line.trim())
    .filter((line) => line && !INNER.test(line) && !/^[A-Z_]+=/.test(line));
}
const programOf = (command: string) => PROGRAM.exec(command)?.[1];
const runHere = (guide: string) =>
  commandsOf(guide).filter(
    (command) => RUN_HERE.includes(programOf(command) ?? "") && !/^npx billing( …|$)/.test(command),
  );

describe.each(GUIDES)("%s", (guide) => {
  it("says which of its commands nobody runs before you do", () => {
    const commands = commandsOf(guide);
    expect(commands.filter((command) => !programOf(command))).toEqual([]);
    // An empty line of `.env.STAGE`, as .env.example has it, would take a setting of the shell away from SST.
    expect(bodyOf(guide)).not.toMatch(/\b[A-Z_]+=\S+ npx sst/);
    const others = new Set(
      commands.map((command) => programOf(command) ?? "").filter((name) => !RUN_HERE.includes(name)),
    );
    const [, listed = ""] = /Those of (.+?) need a real account/s.exec(bodyOf(guide)) ?? [];
    const named = [...listed.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
    expect(named.sort()).toEqual([...others].sort());
  });
});

let world: World;
let folder: string;
let aws: Awaited<ReturnType<typeof startAwsStub>>;
let environment: Record<string, string>;
beforeAll(async () => {
  world = await startWorld();
  folder = mkdtempSync(join(tmpdir(), "turnpike-guides-"));
  await world.priceOf("pro_monthly");
  await world.stripe.customers.create({ email: "ada@example.com" });
  const sqs = findRunning(world.dataDir)?.sqs;
  const queues = Object.entries(sqs?.queues ?? {}).map(([name, url]) => [name.replace(/^\w+-/, "prod-"), url]);
  aws = await startAwsStub({
    endpoint: sqs?.endpoint ?? "",
    queues: Object.fromEntries(queues),
    region: "us-east-1",
    accessKeyId: "AKIATEST",
  });
  const { stripe, supabase } = world.local.settings;
  environment = {
    TURNPIKE_DATA_DIR: join(folder, "nothing-runs-here"),
    SITE_URL: "https://site.invalid",
    STRIPE_SECRET_KEY: stripe.secretKey,
    STRIPE_API_BASE: world.url,
    SUPABASE_URL: world.url,
    SUPABASE_SECRET_KEY: supabase.secretKey,
    AWS_ENDPOINT_URL: aws.url,
    AWS_ACCESS_KEY_ID: "AKIATEST",
    AWS_SECRET_ACCESS_KEY: "secret",
  };
}, 120_000);
afterAll(async () => {
  aws?.close();
  await world?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A message that waits among the dead letters, as a guide's `evt_…`. */
async function deadLetter(): Promise<string> {
  const { endpoint = "", queues = {} } = findRunning(world.dataDir)?.sqs ?? {};
  const [, QueueUrl] = Object.entries(queues).find(([name]) => name.endsWith("StripeEventsDlq")) ?? [];
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const client = new SQSClient({ endpoint, region: "us-east-1", credentials });
  const [event] = (await world.stripe.events.list({ limit: 1 })).data;
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify({ event }) }));
  client.destroy();
  return event?.id ?? "";
}

// A call that is wrong ends with 2, one that could not go on with 1; 3 is for what was found.
const ENDS_WELL = [0, 3];
const DRILL = " --stage staging";
const commands = [...new Set(GUIDES.flatMap(runHere))];
const stages = commands.filter((command) => !command.endsWith(DRILL));

it.each(stages.filter((command) => command.startsWith("npx billing")))("%s", async (command) => {
  const id = await deadLetter();
  const [customer] = (await world.stripe.customers.list({ limit: 1 })).data;
  const words = command
    .replace("evt_…", id)
    .replace("cus_…", customer?.id ?? "")
    .split(/\s+/)
    .slice(2);
  const args = words.includes("--stage") ? words : [...words, "--stage", "prod"];
  if (words.join(" ").startsWith("events tail")) {
    const { child, ended } = startBilling(args, environment, { cwd: folder });
    await vi.waitFor(() => expect(world.lines.length).toBeGreaterThan(0));
    setTimeout(() => child.kill("SIGINT"), 3_000);
    expect([0, 130]).toContain((await ended).code);
    return;
  }
  // What asks first is answered yes.
  const { code, stderr } = await runBilling([...args, ...(/setup|drop/.test(command) ? ["--yes"] : [])], environment, {
    cwd: folder,
  });
  expect(ENDS_WELL, stderr).toContain(code);
});

/** Tables that the runbook has backed up: `billing.given_owners`. */
function backedUp(): string[] {
  const [, rows = ""] = /^## Backups$([\s\S]*?)^\*\*The drill/m.exec(bodyOf("docs/runbook.md")) ?? [];
  const needed = rows.split("\n").filter((row) => /\| yes: /.test(row));
  return needed.flatMap((row) => [...row.matchAll(/`(billing\.\w+)`/g)].map(([, table = ""]) => table));
}

it("the drill: of a project with nothing but its backups the guide's commands make the mirror anew, and whose all is", async () => {
  const ada = await world.signUp();
  const { id } = await world.stripe.customers.create({ email: "billing@ada.example" });
  const ownersOf = () => world.local.query<{ user_id: string }>("select user_id from customers where id = $1", [id]);
  await vi.waitFor(async () => expect(await ownersOf()).toHaveLength(1), WAIT);
  await world.local.query("select assign_purchase($1, user_id => $2)", [id, ada.id]);
  expect(backedUp()).toContain("billing.given_owners");
  await world.local.query(
    emptying(`
      select target::regclass from billing.mirrored
      union select oid::regclass from pg_class where relkind = 'r' and relnamespace = 'billing'::regnamespace
        and oid <> all ('{${["billing.mirrored", ...backedUp()]}}'::regclass[])`),
  );
  for (const command of commands.filter((each) => each.endsWith(DRILL))) {
    const { code, stderr } = await runBilling(command.split(/\s+/).slice(2), environment, { cwd: folder });
    // The doctor has something to say of an address that is not there.
    expect(command.includes("doctor") ? ENDS_WELL : [0], `${command}: ${stderr}`).toContain(code);
  }
  expect(await ownersOf()).toEqual([{ user_id: ada.id }]);
});

it.each(stages.filter((command) => command.startsWith("npm run")))("%s", (command) => {
  const [program = "", ...args] = command.split(/\s+/);
  expect(execFileSync(program, args, { encoding: "utf8" })).toContain("customer.subscription.updated");
});

it.each([...bodyOf("docs/runbook.md").matchAll(/^ *```sql\n([\s\S]*?)^ *```/gm)].map(([, sql = ""]) => sql.trim()))(
  "%s",
  async (sql) => {
    for (const statement of sql.split(/;\s*$/m).filter((each) => each.trim()))
      await world.local.query(statement.replace(/'(evt|cus|sub)_…'/g, "'none'"));
  },
);
