import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ChangeMessageVisibilityCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { findRunning } from "@turnpike/settings/running";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { type Ended, on, runBilling, startBilling } from "../billing.ts";
import { startWorld, WAIT, type World } from "../world.ts";

// Processes are started one after the other, each of which may take seconds where others work, too.
vi.setConfig({ testTimeout: 120_000 });

let world: World;
beforeAll(async () => {
  world = await startWorld({ inMemory: true });
  await world.priceOf("pro_monthly");
}, 120_000);
afterAll(() => world.close());

const billing = (...args: string[]) => runBilling(args, on(world));
const json = ({ stdout }: Ended) => JSON.parse(stdout);
const lines = ({ stdout }: Ended) => stdout.trim().split("\n");

/** The local system's keys, and an address on the web, as of a deployed one. */
const deployed = (more: Record<string, string> = {}) => ({
  TURNPIKE_DATA_DIR: folder(),
  STRIPE_SECRET_KEY: world.local.settings.stripe.secretKey,
  STRIPE_API_BASE: world.url,
  SUPABASE_URL: world.url,
  SUPABASE_SECRET_KEY: world.local.settings.supabase.secretKey,
  SITE_URL: "https://app.example.com",
  ...more,
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "turnpike-operate-"));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

/** Puts a message where those go that failed too often. */
async function addDeadLetter(body: string): Promise<void> {
  const { client, url } = openDeadLetters();
  await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body }));
  client.destroy();
}

function openDeadLetters() {
  const sqs = findRunning(world.dataDir)?.sqs;
  const [, url] = Object.entries(sqs?.queues ?? {}).find(([name]) => name.endsWith("-StripeEventsDlq")) ?? [];
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  return { client: new SQSClient({ endpoint: sqs?.endpoint ?? "", region: sqs?.region ?? "", credentials }), url };
}
const deadLetters = () => world.local.getQueueDepth("StripeEventsDlq");

/** An event that nobody delivered: the endpoint is off meanwhile. */
async function missedEvent(): Promise<{ id: string; customer: string }> {
  const customer = await world.stripe.customers.create({ email: "missed@example.com" });
  const { data } = await world.stripe.events.list({ type: "customer.created", limit: 1 });
  return { id: data[0]?.id ?? "", customer: customer.id };
}

describe("billing doctor", () => {
  it("finds nothing wrong with a system that has just begun", async () => {
    const ended = await billing("doctor");
    expect(ended.stdout).not.toContain("✗");
    expect(lines(ended).at(-1)).toMatch(/^0 wrong, /);
    expect(ended.code).toBe(0);
  });

  it("exits with 3 when something is wrong, says why it matters, and what it says to do mends it", async () => {
    await world.local.query("grant delete on public.user_subscriptions to anon");
    const ended = await billing("doctor", "--json");
    expect(ended.code).toBe(3);
    const [wrong, ...others] = json(ended).findings.filter(({ state }: { state: string }) => state === "wrong");
    expect(others).toEqual([]);
    expect(wrong).toMatchObject({
      check: "grants",
      says: "public.user_subscriptions: anon may delete, and should not",
      mend: "revoke delete on public.user_subscriptions from anon;",
    });
    expect((await billing("doctor")).stdout).toMatch(
      /✗ grants {14}public\.user_sub.*\n {22}why {3}\S.*\n {22}mend {2}revoke/,
    );
    await world.local.query(wrong.mend);
    expect((await billing("doctor")).code).toBe(0);
  });

  it("shows no key, whatever is wrong, and does not repeat itself", async () => {
    const ended = await runBilling(["doctor", "--stage", "staging"], {
      ...deployed({ SUPABASE_SECRET_KEY: "sb_secret_wrong" }),
      ...{ AWS_ENDPOINT_URL: "http://127.0.0.1:9", AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" },
    });
    expect(ended.code).toBe(3);
    expect(ended.stdout).toContain("SUPABASE_SECRET_KEY is refused");
    expect(ended.stdout + ended.stderr).not.toMatch(/sb_secret_w|sk_test_\w/);
    // What is not known for one and the same reason is said once; what is not known for another one, by itself.
    expect(ended.stdout.match(/Supabase did not answer what these ask: .*grants, schema/g)).toHaveLength(1);
    expect(ended.stdout).toMatch(/\? dead letters +AWS did not let us look at the queues\n +· AWS does not answer/);
  });
});

const NO_ENDPOINT = "No webhook endpoint is needed: the emulator, or stripe listen, brings the events to this machine.";

describe("billing setup", () => {
  const file = (config: unknown) => {
    const path = join(folder(), "billing.config.mjs");
    writeFileSync(path, `export default ${JSON.stringify(config)};`);
    return path;
  };
  const offer = (amount: number) => ({
    products: [
      {
        key: "team",
        name: "Team",
        prices: [{ lookupKey: "team_monthly", amount, currency: "usd", interval: "month" }],
      },
    ],
  });
  const amountOf = async () =>
    (await world.stripe.prices.list({ lookup_keys: ["team_monthly"] })).data.map(({ unit_amount }) => unit_amount);

  it("shows what differs, asks nobody without a terminal, and does it when told to; then there is nothing to do", async () => {
    const config = ["--config", file(offer(1900))];
    const dry = await billing("setup", ...config, "--dry-run");
    expect(dry.stdout).toMatch(
      /\+ create product team\n {4}name: Team\n[\s\S]*\+ create price team_monthly\n {4}amount: 1900 usd/,
    );
    expect(dry.code).toBe(3);
    const unasked = await billing("setup", ...config);
    expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining("say --yes if you mean it") });
    expect(await amountOf()).toEqual([]);

    expect(await billing("setup", ...config, "--yes")).toMatchObject({ code: 0, stdout: "Done.\n" });
    expect(await amountOf()).toEqual([1900]);
    expect(await billing("setup", ...config)).toMatchObject({ code: 0, stdout: "Nothing to do.\n" });

    const dearer = await billing("setup", "--config", file(offer(2900)), "--dry-run");
    expect(dearer.stdout).toMatch(
      /± replace price team_monthly\n {4}amount: 1900 usd → 2900 usd\n {4}It becomes a new price/,
    );
    expect((await billing("setup", "--config", file(offer(2900)), "--yes")).code).toBe(0);
    expect(await amountOf()).toEqual([2900]);
  });

  it("takes the example as it is", async () => {
    expect((await billing("setup", "--config", "docs/billing.config.ts", "--dry-run")).stdout).toContain(
      "price pro_monthly",
    );
  });

  it("takes a file of another folder, and finds the project's packages for it", async () => {
    const elsewhere = folder();
    writeFileSync(join(elsewhere, "package.json"), '{ "type": "commonjs" }');
    const source = `import { defineBilling } from "@turnpike/core/setup";
      import { name } from "./names.ts";
      export default defineBilling({ products: [{ ...${JSON.stringify(offer(1900).products[0])}, key: "far", name }] });`;
    writeFileSync(join(elsewhere, "names.ts"), 'export const name: string = "From afar";');
    writeFileSync(join(elsewhere, "billing.config.ts"), source);
    const ended = await runBilling(["setup", "--config", "billing.config.ts", "--dry-run"], on(world), {
      cwd: elsewhere,
    });
    expect(ended).toMatchObject({
      code: 3,
      stdout: expect.stringContaining("create product far\n    name: From afar\n"),
    });
    expect(ended.stderr).toBe(`On the local system at ${world.url}, test mode\n${NO_ENDPOINT}\n`);

    writeFileSync(join(elsewhere, "billing.config.ts"), 'import "no-such-package";\nexport default {};');
    expect(await runBilling(["setup", "--config", join(elsewhere, "billing.config.ts")], on(world))).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/billing\.config\.ts cannot be read: Cannot find package 'no-such-package'/),
    });
  });

  it("run in another folder, says that the file there is not the project's, and how it is named", async () => {
    const elsewhere = folder();
    writeFileSync(join(elsewhere, "billing.config.ts"), "export default { products: [] };");
    const { child, ended } = startBilling(["setup"], on(world), { cwd: elsewhere });
    child.stdin.end();
    expect(await ended).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /There is a billing\.config\.ts in this folder, and none at the project's root, .*: say --config billing\.config\.ts if it is meant/,
      ),
    });
  });

  it("names the place of what is wrong in the file, and touches nothing", async () => {
    const ended = await billing("setup", "--config", file({ products: [{ ...offer(1).products[0], prices: [] }] }));
    expect(ended).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/billing\.config\.mjs:1:\d+ products\[0\]\.prices: a product needs a price/),
    });
    const broken = join(folder(), "broken.ts");
    writeFileSync(broken, "export default {\n  products: [,\n  ]]\n};");
    const { code, stderr } = await billing("setup", "--config", broken);
    expect(stderr).toMatch(/broken\.ts cannot be read: .*/);
    expect(stderr).not.toMatch(/\n {4}at /);
    expect(code).toBe(2);
  });

  it("makes no webhook endpoint where EventBridge alone brings the events", async () => {
    const source = { STRIPE_EVENT_DESTINATION: "eventbridge", STRIPE_EVENT_SOURCE: "aws.partner/stripe.com/ed_test" };
    const { code, stdout, stderr } = await runBilling(["setup"], { ...deployed(), ...source });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "Nothing to do.\n" });
    expect(stderr).toContain("No webhook endpoint is made: EventBridge brings the events.");
  });

  it("a signing secret goes into a file for its owner, and nowhere else", async () => {
    const environment = deployed();
    const without = await runBilling(["setup", "--yes"], environment);
    expect(without).toMatchObject({ code: 2, stderr: expect.stringContaining("--write-secret-to .env") });
    expect((await world.stripe.webhookEndpoints.list()).data).toEqual([]);

    const secretFile = join(folder(), "secret.env");
    writeFileSync(secretFile, "OTHER=1\nSTRIPE_WEBHOOK_SECRET=whsec_old\n");
    const ended = await runBilling(["setup", "--yes", "--write-secret-to", secretFile], environment);
    expect(ended.code).toBe(0);
    const [endpoint] = (await world.stripe.webhookEndpoints.list()).data;
    expect(endpoint?.url).toBe("https://app.example.com/api/webhooks/stripe");
    const kept = readFileSync(secretFile, "utf8");
    expect(kept).toMatch(/^OTHER=1\nSTRIPE_WEBHOOK_SECRET=whsec_\w+,whsec_old\n$/);
    expect(statSync(secretFile).mode & 0o777).toBe(0o600);
    expect(ended.stdout + ended.stderr).not.toContain("whsec_");
    const again = await runBilling(["setup"], environment);
    expect(again).toMatchObject({ code: 0, stdout: "Nothing to do.\n" });
    await world.stripe.webhookEndpoints.del(endpoint?.id ?? "");
  });
});

describe("billing replay", () => {
  it("brings a missed event through the queue, and says what became of it; then it was applied before", async () => {
    await world.local.query("delete from billing.stripe_events where type = 'price.created'");
    const ended = await billing("replay", "--type", "price.created", "--json");
    const outcomes = lines(ended).map((line) => JSON.parse(line).outcome);
    expect(outcomes.length).toBeGreaterThan(3);
    expect(ended.stderr).not.toContain("30 days");
    expect(outcomes.filter((outcome) => outcome !== "applied" && outcome !== "stale")).toEqual([]);
    expect(ended.code).toBe(0);
    const again = await billing("replay", "--since", "31d", "--type", "price.*");
    expect(again.stderr).toContain("Stripe lists the events of 30 days.");
    expect(new Set(lines(again).map((line) => line.split("  ")[2]))).toEqual(new Set(["was applied before"]));
  });

  it("applies from here where there is no queue", async () => {
    const { id } = await missedEvent();
    await vi.waitFor(async () => {
      expect(await world.local.query("select from billing.stripe_events where id = $1", [id])).toHaveLength(1);
    }, WAIT);
    await world.local.query("delete from billing.stripe_events where id = $1", [id]);
    const { stdout, stderr, code } = await runBilling(["replay", id], deployed());
    expect(stderr).toContain("Without a queue: the events are applied from here.");
    expect(stdout).toBe(`${id}  customer.created  applied\n`);
    expect(code).toBe(0);
  });

  it("exits with 3 for an event that Stripe does not know, and with 2 for none that was named", async () => {
    expect(await billing("replay", "evt_nobody")).toMatchObject({
      code: 3,
      stdout: "evt_nobody  Stripe does not know it, or no longer\n",
    });
    expect(await billing("replay")).toMatchObject({ code: 2, stderr: expect.stringContaining("Which events?") });
    expect(await billing("replay", "--since", "yesterday")).toMatchObject({ code: 2 });
    expect(await billing("replay", "--failed", "--wait", "long")).toMatchObject({ code: 2 });
  });

  it("of those that failed, says so when none has, and takes no other choice beside", async () => {
    const none = await billing("replay", "--failed");
    expect(none).toMatchObject({ code: 0, stdout: "", stderr: expect.stringContaining("no failed event") });
    expect(await billing("replay", "--failed", "evt_1")).toMatchObject({ code: 2, stdout: "" });
    expect(await billing("replay", "--failed", "--since", "2h")).toMatchObject({ code: 2, stdout: "" });
  });

  it("shows events that the mirror has no use for only when they were asked for", async () => {
    await world.stripe.plans.create({ amount: 100, currency: "usd", interval: "month", product: { name: "Old plan" } });
    const all = await billing("replay", "--since", "2h");
    expect(all.stdout).not.toContain("plan.created");
    expect(all.stderr).toMatch(/\d+ of no use to the mirror/);
    const asked = await billing("replay", "--since", "2h", "--type", "plan.created");
    expect(asked.stdout).toMatch(/plan\.created {2}of no use to the mirror/);
  });
});

describe("billing dlq", () => {
  const failed = async (id: string, reason: string) => {
    const event = { id, type: "invoice.paid", data: { object: { client_secret: "pi_secret", total: 100 } } };
    await addDeadLetter(JSON.stringify({ event }));
    await world.local.query(
      "insert into billing.stripe_events (id, type, created_at, outcome, reason) values ($1, 'invoice.paid', now(), 'failed', $2)",
      [id, reason],
    );
  };

  it("lists dead letters with the reason, leaves them where they are, and shows none of their secrets", async () => {
    expect(await billing("dlq", "ls")).toMatchObject({ code: 0, stdout: "No dead letters.\n" });
    await failed("evt_dead_1", "invoice.total: Postgres refused it (22P02)");
    await addDeadLetter("no JSON");
    const ended = await billing("dlq", "ls");
    expect(ended.stdout).toMatch(/evt_dead_1 +invoice\.paid +\d+ s +invoice\.total: Postgres refused it \(22P02\)/);
    expect(ended.stdout).toContain("The message holds no event");
    expect(ended.code).toBe(3);
    expect(deadLetters()).toEqual({ visible: 2, inFlight: 0 });
    const shown = await billing("dlq", "show", "evt_dead_1");
    expect(JSON.parse(shown.stdout).event.data.object).toEqual({ client_secret: "…", total: 100 });
    expect(deadLetters()).toEqual({ visible: 2, inFlight: 0 });
    expect(await billing("dlq", "show", "evt_other")).toMatchObject({ code: 1 });
    const page = await (await fetch(`${world.url}/_local`)).text();
    for (const shown of [
      "invoice.paid</span> evt_dead_1",
      "holds no event",
      "failed: invoice.total: Postgres refused it",
    ])
      expect(page).toContain(shown);
    expect(page).not.toContain("pi_secret");
  });

  it("says that some cannot be seen while another command has them in its hands", async () => {
    const { client, url } = openDeadLetters();
    const taken = await client.send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }));
    const ended = await billing("dlq", "ls");
    expect(ended).toMatchObject({ code: 3, stdout: "None can be seen now.\n" });
    expect(ended.stderr).toContain("2 more cannot be seen for up to two minutes");
    for (const { ReceiptHandle } of taken.Messages ?? [])
      await client.send(new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout: 0 }));
    expect(deadLetters()).toEqual({ visible: 2, inFlight: 0 });
  });

  it("puts back on the queue what is named, and deletes only when told to", async () => {
    const { id, customer } = await missedEvent();
    await addDeadLetter(JSON.stringify({ eventId: id }));
    await vi.waitFor(async () => {
      expect(await world.local.query("select from public.customers where id = $1", [customer])).toHaveLength(1);
    }, WAIT);
    await world.local.query("delete from billing.stripe_events where id = $1", [id]);
    expect(await billing("dlq", "redrive", id)).toMatchObject({ code: 0, stdout: "1 message is back on the queue.\n" });
    await vi.waitFor(async () => {
      expect(await world.local.query("select from billing.stripe_events where id = $1", [id])).toHaveLength(1);
    }, WAIT);

    expect(await billing("dlq", "drop")).toMatchObject({ code: 2, stderr: expect.stringContaining("or say --all") });
    expect(await billing("dlq", "drop", "--all")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("say --yes"),
    });
    expect(deadLetters()).toEqual({ visible: 2, inFlight: 0 });
    const dropped = await billing("dlq", "drop", "--all", "--yes", "--json");
    expect(json(dropped).dropped).toHaveLength(2);
    expect(deadLetters()).toEqual({ visible: 0, inFlight: 0 });
    await world.local.query("delete from billing.stripe_events where id = 'evt_dead_1'");
  });
});

describe("billing events tail", () => {
  it("shows what is there, of the types that are asked for", async () => {
    const ended = await billing(
      "events",
      "tail",
      "--no-follow",
      "--since",
      "1h",
      "--type",
      "product.created",
      "--json",
    );
    const types = lines(ended).map((line) => JSON.parse(line).type);
    expect(types.length).toBeGreaterThan(2);
    expect(new Set(types)).toEqual(new Set(["product.created"]));
    expect(ended.code).toBe(0);
  });

  it("follows, until Ctrl-C", async () => {
    const { child, ended } = startBilling(["events", "tail", "--since", "1m"], on(world));
    let seen = "";
    child.stdout.on("data", (chunk) => (seen += chunk));
    const { customer } = await missedEvent();
    await vi.waitFor(() => expect(seen).toContain(customer), WAIT);
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
  });
});
