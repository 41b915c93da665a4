import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { enabledEvents } from "@turnpike/core/mirror";
import { findRunning } from "@turnpike/settings/running";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { inOneFile } from "../billing.ts";
import { startWorld, type World } from "../world.ts";

// The session that docs/operate.md shows is run anew. Where an answer is another than the page's, apart from ids and times,
// `npm test -- test/processes/operate-session.test.ts -u` writes what is answered now into the page.

const SLOWLY = { timeout: 60_000, interval: 200 };
const PAGE = "docs/operate.md";
const BLOCK = /```console\n\$ npx billing ([^\n]+)\n([\s\S]*?)```/g;
/** The catalogue, and kinds of which there are none, are left out. */
const LEFT_OUT =
  /^(On the local system at .*|\S+ +(about )?0 .*|\S+ +0|\S+ +0 of 0|(product|price|checkout_session|entitlements|customer_balance)\s.*)$/;

let world: World;
beforeAll(async () => {
  world = await startWorld({ inMemory: true });
  await world.priceOf("pro_monthly");
}, 120_000);
afterAll(() => world.close());

/** What a terminal would show: the answer, and what is said beside it, in the order in which they come. */
async function type(command: string): Promise<string> {
  const [node, file] = await inOneFile();
  const child = spawn("sh", ["-c", `exec "${node}" "${file}" ${command} 2>&1`], {
    env: { PATH: process.env.PATH, TURNPIKE_DATA_DIR: world.dataDir },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let shown = "";
  child.stdout.on("data", (chunk) => (shown += chunk));
  await once(child, "close");
  return shown
    .split("\n")
    .filter((line) => !LEFT_OUT.test(line))
    .join("\n");
}

/** One who has bought as a user, and one whom nobody knows; all of it before there was a mirror. */
async function accountWithAPast(): Promise<{ subscription: string; unowned: string }> {
  const price = await world.priceOf("pro_monthly");
  const ada = await world.signUp("ada@example.com");
  const form = { authorization: `Bearer ${ada.accessToken}`, "content-type": "application/x-www-form-urlencoded" };
  const sold = await world.request("POST", "/api/checkout_sessions", form, `price_id=${price.id}`);
  await world.pay(sold.headers.get("location") ?? "", { email: "ada@example.com" });
  const purchase = {
    priceId: price.id,
    successUrl: `${world.url}/success?session_id={CHECKOUT_SESSION_ID}`,
    cancelUrl: `${world.url}/pricing`,
    mode: "subscription",
  };
  const json = { "content-type": "application/json" };
  const guest = await world.request("POST", "/api/stripe/create-checkout", json, JSON.stringify(purchase));
  await world.pay(((await guest.json()) as { url: string }).url, { email: "grace@example.com" });
  await everyEventIsHere();
  const tables = await world.local.query<{ target: string }>("select target from billing.mirrored");
  await world.local.query(
    `truncate ${tables.map(({ target }) => target).join(", ")}, billing.stripe_events, billing.outbox, billing.completeness`,
  );
  const { data } = await world.stripe.subscriptions.list({ expand: ["data.customer"] });
  const of = (email: string) =>
    data.find(({ customer }) => typeof customer === "object" && "email" in customer && customer.email === email)?.id ??
    "";
  return { subscription: of("ada@example.com"), unowned: of("grace@example.com") };
}

async function everyEventIsHere(): Promise<void> {
  await vi.waitFor(async () => {
    const { data } = await world.stripe.events.list({ limit: 100 });
    const ids = data.flatMap(({ id, type: kind }) => ((enabledEvents as string[]).includes(kind) ? [id] : []));
    const here = await world.local.query("select from billing.stripe_events where id = any ($1)", [ids]);
    expect(here).toHaveLength(ids.length);
  }, SLOWLY);
}

/** An event that Postgres refused five times, before somebody mended the cause. */
async function deadLetter(): Promise<string> {
  await world.stripe.customers.create({ email: "alan@example.com" });
  const [event] = (await world.stripe.events.list({ type: "customer.created", limit: 1 })).data;
  await vi.waitFor(async () => {
    const failed = await world.local.query(
      "update billing.stripe_events set outcome = 'failed', reason = 'customer.email: Postgres refused it (22001)' where id = $1 returning id",
      [event?.id],
    );
    expect(failed).toHaveLength(1);
  }, SLOWLY);
  const sqs = findRunning(world.dataDir)?.sqs;
  const [, url = ""] = Object.entries(sqs?.queues ?? {}).find(([name]) => name.endsWith("-StripeEventsDlq")) ?? [];
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const client = new SQSClient({ endpoint: sqs?.endpoint ?? "", region: sqs?.region ?? "", credentials });
  await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: JSON.stringify({ event }) }));
  client.destroy();
  return event?.id ?? "";
}

/** Ids, times and what depends on the moment: not the page's to say. */
function withoutMoments(text: string): string {
  return text
    .replace(/\b([a-z]{2,6})_(test_)?\w{10,}/g, "$1_ID")
    .replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, "UUID")
    .replace(/\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+Z)?/g, "MOMENT")
    .replace(/\bbuild [\w-]+|\d+ prices for sale/g, "NUMBER")
    .replace(/\b\d+ (s|min|h|d)\b/g, "SPAN")
    .replace(/ +/g, " ");
}

it("every answer that the page shows is the one that is given", { timeout: 600_000 }, async () => {
  const session: [command: string, answer: string][] = [];
  const show = async (command: string) => {
    session.push([command, await type(command)]);
  };
  const { subscription, unowned } = await accountWithAPast();
  await show("sync --dry-run");
  await show("sync");
  await show("explain ada@example.com");
  await world.local.query(
    "update public.user_subscriptions set status = 'past_due', as_of = as_of - interval '1 hour' where id = $1",
    [subscription],
  );
  await show(`explain ${subscription}`);
  await show("audit");
  await show("sync");
  await show("audit");
  await show("claims ls");
  await show(`claims assign ${unowned} --user ada@example.com`);
  const failed = await deadLetter();
  await show("dlq ls");
  await show(`dlq redrive ${failed}`);
  await vi.waitFor(async () => {
    const entries = await world.local.query("select outcome from billing.stripe_events where id = $1", [failed]);
    expect(entries).toEqual([{ outcome: "applied" }]);
  }, SLOWLY);
  await show("events tail --no-follow --since 1m --type customer.created");
  await show(`replay ${failed}`);
  await world.local.query("alter table public.user_subscriptions disable trigger watch_new_subscription");
  await show("doctor");
  await world.local.query("alter table public.user_subscriptions enable trigger watch_new_subscription");

  const page = readFileSync(PAGE, "utf8");
  let place = 0;
  const now = page.replaceAll(BLOCK, (block) => {
    const [command, answer] = session[place++] ?? [];
    const recorded = `\`\`\`console\n$ npx billing ${command}\n${answer?.replace(/\n+$/, "")}\n\`\`\``;
    return withoutMoments(recorded) === withoutMoments(block) ? block : recorded;
  });
  expect(place).toBe(session.length);
  await expect(now).toMatchFileSnapshot(`../../${PAGE}`);
});
