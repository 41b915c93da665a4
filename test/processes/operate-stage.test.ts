import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { type LocalSqs, startSqs } from "@turnpike/local/testing/aws";
import { findRunning } from "@turnpike/settings/running";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { StageQueues } from "../aws-sqs.ts";
import { startAwsStub } from "../aws-stub.ts";
import { type Ended, runBilling, startBilling } from "../billing.ts";
import { startWorld, WAIT, type World } from "../world.ts";

// A deployed stage: its keys are those of a system that runs here, and its queues are found through AWS. Behind AWS stand queues that
// nobody works off, so that what ends in them can be looked at, or those of the system itself.

const EVENTS = "staging-turnpike-StripeEvents";
const DEAD = "staging-turnpike-StripeEventsDlq";
const REGION = "us-east-1";
const NOBODY = { accessKeyId: "local", secretAccessKey: "local" };
const AWS_SECRET = "the-secret-of-awss-key";

// Processes are started one after the other, and each looks twice for messages.
vi.setConfig({ testTimeout: 120_000 });

let world: World;
let sqs: LocalSqs;
let folder: string;
beforeAll(async () => {
  world = await startWorld({ inMemory: true });
  folder = mkdtempSync(join(tmpdir(), "turnpike-stage-"));
  sqs = await startSqs(undefined, REGION);
  await world.priceOf("pro_monthly");
}, 120_000);
afterAll(async () => {
  await sqs.close();
  await world.close();
  rmSync(folder, { recursive: true });
});

let urls: Record<string, string>;
beforeEach(async () => {
  const queues = sqs.createQueues([EVENTS, DEAD].map((name) => ({ name, attributes: {} })));
  urls = Object.fromEntries(Object.values(queues).map(({ name, url }) => [name, url]));
  while ((await received(EVENTS)).length + (await received(DEAD)).length > 0);
});

/** Takes away all that a queue holds, and says what it was. */
async function received(name: string): Promise<string[]> {
  const bodies: string[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.client.send(
      new ReceiveMessageCommand({ QueueUrl: urls[name], MaxNumberOfMessages: 10 }),
    );
    if (Messages.length === 0) return bodies;
    for (const { Body = "", ReceiptHandle } of Messages) {
      bodies.push(Body);
      await sqs.client.send(new DeleteMessageCommand({ QueueUrl: urls[name], ReceiptHandle }));
    }
  }
}
const addDeadLetter = (body: string) =>
  sqs.client.send(new SendMessageCommand({ QueueUrl: urls[DEAD] ?? "", MessageBody: body }));
const letterOf = (id: string) => JSON.stringify({ event: { id, type: "invoice.paid", data: {} } });
const idsIn = (bodies: string[]) => bodies.map((body) => JSON.parse(body).event.id).sort();

/** The stage, behind AWS. `start` begins a command on it, `run` waits for its end and searches what it said for secrets. */
async function openStage(more: Partial<StageQueues> = {}) {
  const stage = { endpoint: sqs.endpoint, queues: urls, region: REGION, accessKeyId: "AKIATEST", ...more };
  const aws = await startAwsStub(stage);
  onTestFinished(() => aws.close());
  const { stripe, supabase } = world.local.settings;
  const environment = {
    TURNPIKE_DATA_DIR: join(folder, "nothing-runs-here"),
    STRIPE_SECRET_KEY: stripe.secretKey,
    STRIPE_API_BASE: world.url,
    STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
    SUPABASE_URL: world.url,
    SUPABASE_SECRET_KEY: supabase.secretKey,
    AWS_ENDPOINT_URL: aws.url,
    AWS_ACCESS_KEY_ID: "AKIATEST",
    AWS_SECRET_ACCESS_KEY: AWS_SECRET,
  };
  const secrets = [stripe.secretKey, stripe.webhookSecret, supabase.secretKey, AWS_SECRET];
  const start = (args: string[]) => startBilling([...args, "--stage", "staging"], environment);
  return {
    asked: aws.askedOfSqs,
    start,
    async run(args: string[], other: Record<string, string> = {}): Promise<Ended> {
      const said = await runBilling([...args, "--stage", "staging"], { ...environment, ...other });
      for (const secret of secrets) expect(said.stdout + said.stderr).not.toContain(secret);
      return said;
    },
  };
}

/** The queues of the system that runs, under the names of a stage: its consumer works them off. */
function workedOff(): Partial<StageQueues> {
  const running = findRunning(world.dataDir)?.sqs;
  const queues = Object.entries(running?.queues ?? {}).map(([name, url]) => [name.replace(/^\w+-/, "staging-"), url]);
  return { endpoint: running?.endpoint ?? "", queues: Object.fromEntries(queues) };
}

/** Events that are at Stripe, and not in the ledger. */
async function missedEvents(count: number): Promise<string[]> {
  const made = await Promise.all(
    Array.from({ length: count }, (_, n) => world.stripe.customers.create({ email: `missed${n}@example.com` })),
  );
  const ids = made.map(({ id }) => id);
  const deleted = async () =>
    world.local.query<{ id: string }>(
      "delete from billing.stripe_events where object_id = any ($1) and type = 'customer.created' returning id",
      [ids],
    );
  const events = new Set<string>();
  await vi.waitFor(async () => {
    for (const { id } of await deleted()) events.add(id);
    expect(events.size).toBe(count);
  }, WAIT);
  return [...events].sort();
}
const inLedger = async (ids: string[]) =>
  (await world.local.query("select from billing.stripe_events where id = any ($1)", [ids])).length;

describe("billing replay", () => {
  it("sends a stage's events through its queue, where its consumer applies them", async () => {
    const ids = await missedEvents(2);
    const { run, asked } = await openStage(workedOff());
    const ended = await run(["replay", ...ids]);
    expect(ended.stdout.trim().split("\n").sort()).toEqual(ids.map((id) => `${id}  customer.created  applied`));
    expect(ended.code).toBe(0);
    expect(asked).toEqual([
      { action: "GetQueueUrl", queue: EVENTS },
      { action: "SendMessageBatch", queue: EVENTS },
    ]);
    expect(await inLedger(ids)).toBe(2);
  });

  it("puts the whole event on the queue, and says how the stage's consumer is followed", async () => {
    const [id = ""] = await missedEvents(1);
    const { run } = await openStage();
    const ended = await run(["replay", id, "--wait", "0"]);
    expect(ended).toMatchObject({ code: 0, stdout: `${id}  customer.created  queued\n` });
    expect(ended.stderr).toContain("npx billing events tail --stage staging");
    const [body = "", ...others] = await received(EVENTS);
    expect(JSON.parse(body).event).toMatchObject({ id, type: "customer.created", object: "event" });
    expect(others).toEqual([]);
  });

  it("stops at Ctrl-C between messages, says how many it has brought, and the same command does the rest", async () => {
    const ids = await missedEvents(50);
    const stopped = await openStage({ onAsked: (action) => interruptAt(action, "SendMessageBatch", 1) });
    const { interruptAt, ended } = interruptible(() => stopped.start(["replay", ...ids, "--wait", "0"]));
    const { code, stdout, stderr } = await ended();
    const lines = stdout.trim().split("\n");
    expect(lines.length).toBeLessThan(50);
    expect(stderr.trim().split("\n").at(-1)).toBe(
      `Stopped after ${lines.length}. Nothing is lost: the same command does the rest, and leaves what is applied.`,
    );
    expect(code).toBe(130);
    expect(idsIn(await received(EVENTS))).toEqual(lines.map((line) => line.split("  ")[0]).sort());

    const again = await openStage(workedOff());
    expect((await again.run(["replay", ...ids])).code).toBe(0);
    expect(await inLedger(ids)).toBe(50);
  });
});

describe("billing dlq", () => {
  it("lists, shows, puts back and deletes a stage's dead letters, and loses none", async () => {
    for (const id of ["evt_1", "evt_2", "evt_3"]) await addDeadLetter(letterOf(id));
    const { run } = await openStage();
    expect(await run(["dlq", "ls"])).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/evt_1.*\nevt_2.*\nevt_3/),
    });
    const shown = await run(["dlq", "show", "evt_2", "--json"]);
    expect(JSON.parse(shown.stdout).event.id).toBe("evt_2");
    expect(sqs.getDepth(DEAD)).toEqual({ visible: 3, inFlight: 0 });

    const redriven = await run(["dlq", "redrive", "evt_2"]);
    expect(redriven).toMatchObject({ code: 0, stdout: "1 message is back on the queue.\n" });
    expect(redriven.stderr).toContain("npx billing events tail --stage staging");
    expect(await received(EVENTS)).toEqual([letterOf("evt_2")]);

    expect(await run(["dlq", "drop", "evt_1"])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/Delete 1 for good from stage staging\?\nNobody can be asked here: say --yes/),
    });
    expect(sqs.getDepth(DEAD)).toEqual({ visible: 2, inFlight: 0 });
    const dropped = await run(["dlq", "drop", "evt_1", "--yes", "--json"]);
    expect(JSON.parse(dropped.stdout)).toEqual({ dropped: [{ eventId: "evt_1", messageId: expect.any(String) }] });
    expect(idsIn(await received(DEAD))).toEqual(["evt_3"]);
    expect(await received(EVENTS)).toEqual([]);
  });

  it("brings a dead letter to the stage's consumer, which applies it", async () => {
    const [id = ""] = await missedEvents(1);
    const stage = workedOff();
    const client = new SQSClient({ endpoint: stage.endpoint ?? "", region: REGION, credentials: NOBODY });
    await client.send(
      new SendMessageCommand({ QueueUrl: stage.queues?.[DEAD] ?? "", MessageBody: JSON.stringify({ eventId: id }) }),
    );
    client.destroy();
    const { run } = await openStage(stage);
    expect((await run(["dlq", "redrive", id])).code).toBe(0);
    await vi.waitFor(async () => expect(await inLedger([id])).toBe(1), WAIT);
    expect(world.local.getQueueDepth("StripeEventsDlq")).toEqual({ visible: 0, inFlight: 0 });
  });

  it.each(["redrive", "drop"])(
    "%s stops at Ctrl-C between two messages, and the others are where they were",
    async (does) => {
      const ids = Array.from({ length: 12 }, (_, n) => `evt_${n + 10}`);
      for (const id of ids) await addDeadLetter(letterOf(id));
      const stage = await openStage({ onAsked: (action) => interruptAt(action, "DeleteMessage", 2) });
      const { interruptAt, ended } = interruptible(() =>
        stage.start(["dlq", does, "--all", "--json", ...(does === "drop" ? ["--yes"] : [])]),
      );
      const { code, stdout, stderr } = await ended();
      const answer = JSON.parse(stdout);
      const done: string[] = (answer.redriven ?? answer.dropped).map(({ eventId }: { eventId: string }) => eventId);
      expect(done.length).toBeGreaterThanOrEqual(2);
      expect(done.length).toBeLessThan(12);
      expect(stderr.trim().split("\n").at(-1)).toMatch(`Stopped after ${done.length} of 12. The other`);
      expect(code).toBe(130);
      expect(sqs.getDepth(DEAD)).toEqual({ visible: 12 - done.length, inFlight: 0 });
      expect(idsIn(await received(EVENTS))).toEqual(does === "redrive" ? done.sort() : []);
      expect([...done, ...idsIn(await received(DEAD))].sort()).toEqual(ids);
    },
  );

  it("stops at Ctrl-C while it looks for dead letters, and has taken nothing away", async () => {
    for (const id of ["evt_1", "evt_2"]) await addDeadLetter(letterOf(id));
    const stage = await openStage({ onAsked: (action) => interruptAt(action, "ReceiveMessage", 1) });
    const { interruptAt, ended } = interruptible(() => stage.start(["dlq", "drop", "--all", "--yes"]));
    expect(await ended()).toMatchObject({
      code: 130,
      stdout: "",
      stderr: expect.stringMatching(/\nStopped\. All dead letters are where they were\.\n$/),
    });
    expect(sqs.getDepth(DEAD)).toEqual({ visible: 2, inFlight: 0 });
  });
});

/** Presses Ctrl-C when something is asked for the nth time; from then on AWS answers slowly, so that there is time to stop. */
function interruptible(start: () => ReturnType<typeof startBilling>) {
  let times = 0;
  let begun: ReturnType<typeof startBilling> | undefined;
  return {
    async interruptAt(action: string, which: string, nth: number): Promise<void> {
      if (action !== which) return;
      times++;
      if (times === nth) begun?.child.kill("SIGINT");
      if (times >= nth) await sleep(400);
    },
    ended(): Promise<Ended> {
      begun = start();
      begun.child.stdin.end();
      return begun.ended;
    },
  };
}

describe("billing doctor", () => {
  const findingOf = ({ stdout }: Ended, check: string) =>
    JSON.parse(stdout).findings.find((finding: { check: string }) => finding.check === check);

  it("counts what waits in a stage's queues, and says how it is mended there", async () => {
    const { run, asked } = await openStage();
    const well = await run(["doctor", "--json"]);
    expect(findingOf(well, "dead letters")).toMatchObject({ state: "ok", says: "none" });
    expect(well.code).toBe(0);
    await addDeadLetter(letterOf("evt_1"));
    const ill = await run(["doctor", "--json"]);
    expect(findingOf(ill, "dead letters")).toMatchObject({
      state: "wrong",
      says: "1 message failed five times",
      mend: "npx billing dlq ls --stage staging, mend the cause, then npx billing dlq redrive --all --stage staging",
    });
    expect(ill.code).toBe(3);
    expect(new Set(asked.map(({ action }) => action))).toEqual(new Set(["GetQueueUrl", "GetQueueAttributes"]));
    expect(sqs.getDepth(DEAD)).toEqual({ visible: 1, inFlight: 0 });
  });

  it("names what the queues' finding rests on where AWS refuses, and looks at the rest", async () => {
    const { run } = await openStage({ allows: ["sqs:GetQueueUrl"] });
    const ended = await run(["doctor", "--json"]);
    expect(findingOf(ended, "queue")).toMatchObject({
      state: "unknown",
      details: [expect.stringMatching(/^AWS refused: .* not authorized to perform: sqs:getqueueattributes/)],
    });
    expect(findingOf(ended, "schema")).toMatchObject({ state: "ok" });
  });
});

describe("AWS", () => {
  it("is asked for the queues of the product that is meant", async () => {
    const { run, asked } = await openStage();
    await run(["dlq", "ls"], { APP_NAME: "shop" });
    expect(asked).toContainEqual({ action: "GetQueueUrl", queue: DEAD.replace("turnpike", "shop") });
  });

  /** What the page says that the commands need. */
  const documented = () => {
    const [, list = ""] =
      /that needs ((?:`[\w:]+`[,\s]*(?:and\s)?)+)on them/.exec(readFileSync("docs/operate.md", "utf8")) ?? [];
    return [...list.matchAll(/`(?:sqs:)?(\w+)`/g)].map(([, action = ""]) => `sqs:${action}`).sort();
  };

  it("is asked for what the page says, and nothing else", async () => {
    const { run, asked } = await openStage({ allows: documented() });
    for (const id of ["evt_1", "evt_2"]) await addDeadLetter(letterOf(id));
    const [missed = ""] = await missedEvents(1);
    expect((await run(["dlq", "ls"])).code).toBe(3);
    expect((await run(["dlq", "redrive", "evt_1"])).code).toBe(0);
    expect((await run(["dlq", "drop", "evt_2", "--yes"])).code).toBe(0);
    expect((await run(["replay", missed, "--wait", "0"])).code).toBe(0);
    expect((await run(["doctor"])).code).toBe(0);
    const needed = new Set(asked.map(({ action }) => `sqs:${action.replace(/Batch$/, "")}`));
    expect([...needed].sort()).toEqual(documented());
  });

  it("that refuses to delete is told of with how far it came; the message is in both queues rather than in none", async () => {
    await addDeadLetter(letterOf("evt_1"));
    const { run } = await openStage({ allows: documented().filter((action) => action !== "sqs:DeleteMessage") });
    const ended = await run(["dlq", "redrive", "--all"]);
    expect(ended).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/It was done to 0 of 1\. .*\nAWS refused: .*sqs:deletemessage.*\n$/),
    });
    expect([await received(EVENTS), sqs.getDepth(DEAD).visible]).toEqual([[letterOf("evt_1")], 1]);
  });

  it.each([
    [
      "of another region",
      { AWS_REGION: "eu-central-1" },
      /AWS has no such queue: is the stage deployed, and in this region/,
    ],
    ["that does not know the key", { AWS_ACCESS_KEY_ID: "AKIAOTHER" }, /AWS refused: The security token .* is invalid/],
    [
      "without credentials",
      { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", HOME: "/nowhere", AWS_EC2_METADATA_DISABLED: "true" },
      /AWS needs to know who you are: set AWS_PROFILE/,
    ],
  ])("%s is told of in a line", async (_, environment, says) => {
    const { run } = await openStage();
    const ended = await run(["dlq", "ls"], environment);
    expect(ended.code).toBe(1);
    expect(ended.stderr.trim().split("\n")).toEqual([
      expect.stringMatching(/^On stage staging:/),
      expect.stringMatching(says),
    ]);
  });
});
