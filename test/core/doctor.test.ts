import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { examine, type Subject } from "@turnpike/core/doctor";
import { enabledEvents } from "@turnpike/core/mirror";
import { applySetup, planSetup } from "@turnpike/core/setup";
import { createStripe, getAccountId } from "@turnpike/core/stripe";
import { createServiceClient } from "@turnpike/core/supabase";
import { beforeEach, describe, expect, it } from "vitest";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { forbid, standBefore, standBeforeSupabase } from "../parts/proxy.ts";
import { createReading } from "../parts/reading.ts";

const URL = "https://app.example.com/api/webhooks/stripe";
const MIGRATIONS = globSync("supabase/migrations/*.sql")
  .sort()
  .map((file) => {
    const [, version = "", name = ""] = /^(\d+)_(.*)\.sql$/.exec(basename(file)) ?? [];
    return { version, name, sql: readFileSync(file, "utf8") };
  });
const EMPTY = { visible: 0, inFlight: 0 };

let supabase: LentSupabase;
let lent: LentStripe;
let subject: Subject;
beforeEach(async () => {
  supabase = await lendSupabase();
  lent = await lendStripe();
  subject = {
    stripe: lent.stripe,
    supabase: supabase.client,
    isKeyRestricted: false,
    webhookUrl: URL,
    migrations: MIGRATIONS,
    queues: { events: EMPTY, deadLetters: EMPTY },
    askSite: async () => ({ status: 200, body: { status: "ok", build: "test" } }),
    command: (line) => `npx billing ${line}`,
  };
  const planned = await planSetup(subject, { webhookUrl: URL });
  await applySetup(subject, planned, { keepWebhookSecret: async () => {}, onDone: () => {} });
});

async function look(check: string, changed: Partial<Subject> = {}) {
  const finding = (await examine({ ...subject, ...changed })).find((each) => each.check === check);
  if (!finding) throw new Error(`there is no check ${check}`);
  return finding;
}
/** All that is said to be wrong. */
const wrong = async (changed: Partial<Subject> = {}) =>
  (await examine({ ...subject, ...changed })).filter(({ state }) => state === "wrong").map(({ check }) => check);

describe("a system in order", () => {
  it("has nothing wrong, and each finding of more than ok says why it matters and what mends it", async () => {
    const findings = await examine(subject);
    expect(findings.filter(({ state }) => state === "wrong")).toEqual([]);
    for (const finding of findings) {
      if (finding.state !== "ok") expect([finding.why, finding.mend], finding.check).not.toContain(null);
    }
  });
});

describe("what Stripe mails to customers", () => {
  it("is nothing that its API tells, so the two pages that do are named", async () => {
    const { mend } = await look("customer e-mails");
    expect(mend?.match(/https:\S+?(?=[,\s]|$)/g)).toEqual([
      "https://dashboard.stripe.com/test/settings/billing/automatic",
      "https://dashboard.stripe.com/test/settings/emails",
    ]);
  });
});

describe("migrations", () => {
  it("that were never applied, or edited since, are named", async () => {
    const [first, ...others] = MIGRATIONS;
    const edited = { ...first, sql: `${first?.sql}\nselect 1;` } as (typeof MIGRATIONS)[number];
    expect(await look("migrations", { migrations: [edited, ...others] })).toMatchObject({
      state: "wrong",
      details: ["20261101000000_guard.sql is not as the database has had it"],
    });
    const more = [...MIGRATIONS, { version: "20301231000000", name: "later", sql: "select 1" }];
    expect(await look("migrations", { migrations: more })).toMatchObject({
      state: "wrong",
      details: ["20301231000000_later.sql is missing"],
      mend: "npx supabase db push",
    });
  });

  it("are the same however Supabase's CLI has cut them into statements", async () => {
    const cut =
      "array(select trim(s) from regexp_split_to_table(statements[1], E';[ \\\\n]*\\\\n') s where trim(s) <> '')";
    const [kept] = await supabase.query<{ statements: string[] }>(
      "select statements from supabase_migrations.schema_migrations where name = 'guard'",
    );
    await supabase.query(`update supabase_migrations.schema_migrations set statements = ${cut} where name = 'guard'`);
    try {
      const [{ pieces } = { pieces: 0 }] = await supabase.query<{ pieces: number }>(
        "select cardinality(statements) as pieces from supabase_migrations.schema_migrations where name = 'guard'",
      );
      expect(pieces).toBeGreaterThan(3);
      expect((await look("migrations")).state).toBe("ok");
    } finally {
      await supabase.query(
        "update supabase_migrations.schema_migrations set statements = array[$1] where name = 'guard'",
        [kept?.statements[0]],
      );
    }
  });
});

describe("Supabase", () => {
  it("whose key is refused, whose address answers nobody, is told apart; Stripe's findings stand all the same", async () => {
    const refused = createServiceClient({ url: supabase.url, secretKey: "sb_secret_wrong" });
    const finding = await look("supabase", { supabase: refused });
    expect(finding).toMatchObject({
      says: "SUPABASE_SECRET_KEY is refused",
      details: [expect.stringMatching(/^\w+: the key/)],
    });
    expect(JSON.stringify(finding)).not.toContain("undefined");
    const nowhere = createServiceClient({ url: "http://127.0.0.1:9", secretKey: supabase.secretKey });
    const findings = await examine({ ...subject, supabase: nowhere });
    expect(findings.find(({ check }) => check === "supabase")).toMatchObject({ says: "SUPABASE_URL does not answer" });
    expect(findings.find(({ check }) => check === "tax")).toMatchObject({ state: "ok" });
    expect(findings.find(({ check }) => check === "grants")).toMatchObject({ state: "unknown" });
  });

  it.each([
    [404, "SUPABASE_URL is no project's API: what answers there says 404"],
    [540, "The Supabase project is paused"],
  ])("that answers %i is told from one that refuses", async (status, says) => {
    const other = await standBeforeSupabase(supabase, (_, response) => {
      response.writeHead(status, { "content-type": "text/html" });
      response.end("<html></html>");
    });
    expect(await look("supabase", { supabase: other.supabase })).toMatchObject({ state: "wrong", says });
  });

  it("without the tables is told from one that does not answer", async () => {
    const bare = await standBeforeSupabase(supabase, (_, response) => {
      response.writeHead(404, { "content-type": "application/json" });
      response.end(JSON.stringify({ code: "PGRST202", message: "no function", details: null, hint: null }));
    });
    expect(await look("supabase", { supabase: bare.supabase })).toMatchObject({
      says: "The project has none of Turnpike's tables",
      mend: "npx supabase db push",
    });
  });
});

describe("Stripe", () => {
  it("in live mode where only this machine reaches, and a mirror of the other mode, are named", async () => {
    const stripe = createStripe({ secretKey: "sk_live_one", apiBase: lent.apiBase });
    expect(await look("stripe mode", { stripe, webhookUrl: undefined })).toMatchObject({ state: "warning" });
    await supabase.query("update billing.stripe_account set livemode = true");
    expect(await look("account")).toMatchObject({
      state: "wrong",
      details: [expect.stringContaining("in live mode"), expect.stringContaining("in test mode")],
    });
  });

  it("that sends events of the other mode is named", async () => {
    const refused = `insert into billing.stripe_events (id, type, created_at, outcome, reason)
      values ('evt_live', 'invoice.paid', now(), 'refused', 'of the other mode')`;
    await supabase.query(refused);
    expect(await look("account")).toMatchObject({
      says: expect.stringContaining("came from another account, or the other mode"),
    });
  });

  it("that refuses the key says so, and the database is looked at all the same", async () => {
    const nowhere = createStripe({ secretKey: "sk_test_nowhere", apiBase: "http://127.0.0.1:9" });
    expect(await look("stripe key", { stripe: nowhere })).toMatchObject({
      state: "wrong",
      says: "Stripe does not answer",
    });
    const stripe = createStripe({ secretKey: "sk_wrong", apiBase: lent.apiBase });
    const findings = await examine({ ...subject, stripe });
    expect(findings.filter(({ state }) => state === "wrong").map(({ says }) => says)).toEqual([
      "STRIPE_SECRET_KEY is refused",
    ]);
    expect(findings.find(({ check }) => check === "schema")).toMatchObject({ state: "ok" });
  });

  it("names the permissions that a restricted key lacks, and nothing comes of asking", async () => {
    const { stripe } = await standBefore(lent, ({ method, url = "" }, response) => {
      if (!/^\/v1\/(disputes|refunds\/)/.test(url) || (method === "GET" && !url.startsWith("/v1/disputes"))) return;
      response.writeHead(403, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { type: "invalid_request_error", message: "more permissions" } }));
    });
    const before = (await lent.stripe.events.list()).data.length;
    expect(await look("permissions", { stripe, isKeyRestricted: true })).toMatchObject({
      state: "wrong",
      details: ["it may not read disputes", "it may not write refunds"],
    });
    expect(await look("permissions", { isKeyRestricted: true })).toMatchObject({ state: "ok" });
    expect((await lent.stripe.events.list()).data).toHaveLength(before);
  });

  it("needs of a restricted key what docs/deploy.md says, and nothing else: not its account, where Stripe names that", async () => {
    let named: string | undefined = await getAccountId(lent.stripe);
    const { stripe } = await standBefore(lent, ({ url = "" }, response) => {
      forbid(response, url === "/v1/account" ? named : "acct_1", "rak_any_read");
    });
    expect(await look("stripe key", { stripe, isKeyRestricted: true })).toMatchObject({ state: "ok" });
    expect(await look("account", { stripe, isKeyRestricted: true })).toMatchObject({ state: "ok" });
    expect(await look("clock", { stripe, isKeyRestricted: true })).toMatchObject({ state: "ok" });
    named = undefined;
    expect(await look("stripe key", { stripe, isKeyRestricted: true })).toMatchObject({
      state: "wrong",
      mend: expect.stringContaining("rak_accounts_kyc_basic_read"),
    });
    const { details } = (await look("permissions", { stripe, isKeyRestricted: true })) as { details: string[] };
    const documented = (verb: string) => {
      const [, list = ""] =
        new RegExp(`- \\*\\*${verb}\\*\\* ([^;]+);`).exec(readFileSync("docs/deploy.md", "utf8")) ?? [];
      return list.split(/,\s+/).map((name) => `it may not ${verb} ${name}`);
    };
    expect([...details].sort()).toEqual([...documented("write"), ...documented("read")].sort());
  });

  it("of another account, or with events of the other mode, is named", async () => {
    await supabase.query("update billing.stripe_account set id = 'acct_other'");
    expect(await look("account")).toMatchObject({
      state: "wrong",
      details: [expect.stringContaining("acct_other"), expect.anything()],
    });
  });

  it("without the tax settings, without the portal, or with one that customers cannot leave by, is named", async () => {
    await lent.setDashboard({ tax: false, portal: false });
    expect(await wrong()).toEqual(["portal", "tax"]);
    await lent.setDashboard({ tax: true, portal: true });
    const [{ id } = { id: "" }] = (await lent.stripe.billingPortal.configurations.list({ is_default: true })).data;
    await lent.stripe.billingPortal.configurations.update(id, {
      features: { subscription_cancel: { enabled: false } },
    });
    expect(await look("portal")).toMatchObject({ state: "warning", details: ["subscriptions cannot be cancelled"] });
  });

  it("whose clock is another is named, beyond what signatures allow as wrong", async () => {
    const fast = await standBefore(lent, () => {}, { fastBySeconds: 400 });
    expect(await look("clock", { stripe: fast.stripe })).toMatchObject({
      state: "wrong",
      says: expect.stringMatching(/clock is (39\d|40\d) s behind Stripe's/),
    });
  });
});

describe("the webhook endpoint", () => {
  const change = async (fields: object) => {
    const [{ id } = { id: "" }] = (await lent.stripe.webhookEndpoints.list()).data;
    await lent.stripe.webhookEndpoints.update(id, fields);
    return look("webhook endpoint");
  };

  it.each([
    ["somewhere else", { url: "https://old.example.com/api/webhooks/stripe" }, `No endpoint sends to ${URL}`],
    ["disabled", { disabled: true }, /is disabled$/],
    ["with fewer events", { enabled_events: ["invoice.paid"] }, /lacks \d+ events$/],
  ])("%s is named", async (_, fields, says) => {
    expect(await change(fields)).toMatchObject({
      state: "wrong",
      says: expect.stringMatching(says),
      mend: "npx billing setup",
    });
  });

  it("whose secret nobody knows, and a second one at the same address, are named", async () => {
    const { api_version: version } = (await lent.stripe.webhookEndpoints.list()).data[0] ?? {};
    await lent.stripe.webhookEndpoints.create({ url: URL, enabled_events: ["*"], api_version: version as never });
    expect(await look("webhook endpoint")).toMatchObject({
      state: "warning",
      says: `2 endpoints send to ${URL}`,
      mend: "npx billing setup --retire",
    });
    expect(await change({ metadata: { turnpike_secret: "not kept yet" } })).toMatchObject({
      state: "wrong",
      says: expect.stringMatching(/^Nobody knows the signing secret of the endpoint we_/),
      mend: "npx billing setup --write-secret-to secret.env",
    });
  });

  it("that takes no delivery is named although the reconciliation has brought the events", async () => {
    const { stripe } = await standBefore(lent, ({ url = "" }, response) => {
      if (!url.startsWith("/v1/events") || !url.includes("delivery_success=false")) return;
      const event = { id: "evt_1", type: "invoice.paid", created: 1, pending_webhooks: 1 };
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ object: "list", data: [event], has_more: false, url: "/v1/events" }));
    });
    expect(await look("deliveries", { stripe })).toMatchObject({
      state: "wrong",
      says: "Stripe could not deliver 1 event of the last day",
      mend: expect.stringContaining("STRIPE_WEBHOOK_SECRET is not this endpoint's"),
    });
    await lent.stripe.webhookEndpoints.create({ url: "https://other.example.com", enabled_events: ["*"] });
    expect(await look("deliveries", { stripe })).toMatchObject({
      state: "warning",
      details: [expect.stringContaining("https://other.example.com")],
    });
  });

  it("of another version is named", async () => {
    const [{ id } = { id: "" }] = (await lent.stripe.webhookEndpoints.list()).data;
    await lent.stripe.webhookEndpoints.del(id);
    await lent.stripe.webhookEndpoints.create({ url: URL, enabled_events: ["*"], api_version: "2024-06-20" });
    expect(await look("webhook endpoint")).toMatchObject({
      state: "warning",
      says: expect.stringContaining("2024-06-20"),
    });
  });
});

describe("the event destination of EventBridge", () => {
  const SOURCE = "aws.partner/stripe.com/ed_1";
  const WHOLE = {
    id: "ed_1",
    object: "v2.core.event_destination",
    status: "enabled",
    event_payload: "snapshot",
    snapshot_api_version: "2026-10-28.endive",
    enabled_events: enabledEvents,
    amazon_eventbridge: {
      aws_event_source_arn: `arn:aws:events:us-east-1::event-source/${SOURCE}`,
      aws_event_source_status: "active",
    },
  };
  /** A Stripe that has these. */
  async function lookAt(...destinations: object[]) {
    const { stripe } = await standBefore(lent, ({ url = "" }, response) => {
      if (!url.startsWith("/v2/core/event_destinations")) return;
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ data: destinations, next_page_url: null }));
    });
    return look("event destination", { stripe, eventSource: SOURCE, webhookUrl: undefined });
  }

  it("is not asked for where events come by the webhook, nor is an endpoint where they come by it alone", async () => {
    expect(await look("event destination")).toMatchObject({ state: "ok" });
    const endpoint = await look("webhook endpoint", { eventSource: SOURCE, webhookUrl: undefined });
    expect(endpoint).toMatchObject({ state: "ok", says: "none is needed: EventBridge brings the events" });
  });

  it("that sends all is well", async () => {
    expect(await lookAt({ ...WHOLE, id: "ed_2", amazon_eventbridge: null }, WHOLE)).toMatchObject({
      state: "ok",
      says: `ed_1 sends ${enabledEvents.length} kinds of event in 2026-10-28.endive`,
    });
  });

  const { amazon_eventbridge: to } = WHOLE;
  const off = { status: "disabled", status_details: { disabled: { reason: "no_aws_event_source_exists" } } };
  it.each([
    ["wrong", "Stripe has no destination for", { amazon_eventbridge: null }],
    ["wrong", "is disabled: no_aws_event_source_exists", off],
    ["wrong", "is pending, and not active", { amazon_eventbridge: { ...to, aws_event_source_status: "pending" } }],
    ["wrong", "lacks 1 event", { enabled_events: enabledEvents.slice(1) }],
    [
      "warning",
      "sends thin events",
      { event_payload: "thin", enabled_events: enabledEvents.map((type) => `v1.${type}`) },
    ],
    ["warning", "sends in version 2024-06-20", { snapshot_api_version: "2024-06-20" }],
  ])("is %s when it says: %s", async (state, says, changed) => {
    expect(await lookAt({ ...WHOLE, ...changed })).toMatchObject({ state, says: expect.stringContaining(says) });
  });
});

describe("what is on its way", () => {
  it("events that the ledger lacks are named, once they had time to come", async () => {
    await lent.stripe.customers.create({ email: "late@example.com" });
    expect((await look("events")).state).toBe("ok"); // it may be on its way
    const { stripe } = await standBefore(lent, async ({ url = "" }, response) => {
      if (!url.startsWith("/v1/events")) return;
      const { data } = await lent.stripe.events.list();
      const older = data.map((event) => ({ ...event, created: event.created - 3600, pending_webhooks: 1 }));
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ object: "list", data: older, has_more: false, url: "/v1/events" }));
    });
    expect(await look("events", { stripe })).toMatchObject({
      state: "wrong",
      says: "1 event of the last day is not in the mirror",
      details: [expect.stringContaining("could not deliver 1"), expect.stringContaining("customer.created")],
      mend: expect.stringContaining("npx billing replay --since 1d"),
    });
  });

  it("events that failed are named with the reason, and the command that brings them again", async () => {
    await supabase.query(
      "insert into billing.stripe_events values ('evt_bad', 'invoice.paid', 'in_1', now(), 'x', 'failed', 'invoice.total: 22P02')",
    );
    expect(await look("failed events")).toMatchObject({
      details: ["evt_bad  invoice.paid  invoice.total: 22P02"],
      mend: "mend what the reason names, then npx billing replay evt_bad",
    });
  });

  it.each<[string, Partial<Subject>, string]>([
    [
      "dead letters",
      { queues: { events: EMPTY, deadLetters: { visible: 2, inFlight: 1 } } },
      "3 messages failed five times",
    ],
    ["queue", { queues: { events: { visible: 5000, inFlight: 0 }, deadLetters: EMPTY } }, "5000 events wait"],
    ["queue", { queues: undefined }, "The queues are those of a deployed stage"],
    ["dead letters", { queues: { failure: "AWS has no such queue" } }, "AWS did not let us look at the queues"],
    ["site", { askSite: async () => ({ failure: "ECONNREFUSED" }) }, "Its API does not answer (ECONNREFUSED)"],
    [
      "site",
      { askSite: async () => ({ status: 503, body: { status: "degraded" } }) },
      'Its API answers 503, "degraded"',
    ],
  ])("%s: %o", async (check, changed, says) => {
    expect(await look(check, changed)).toMatchObject({ says });
  });

  it("what was never read, what differs, and a sweep that stopped are told apart", async () => {
    const plant = async (values: string) => {
      await supabase.query("delete from billing.completeness");
      await supabase.query(`insert into billing.completeness select object, ${values} from billing.mirrored`);
    };
    await plant("now() - interval '15 days', 3, 0");
    expect(await look("completeness")).toMatchObject({ says: "The sweep has not come round for 15 d" });
    await plant("now(), 3, 1");
    expect(await look("completeness")).toMatchObject({ state: "wrong", mend: "npx billing audit" });
  });

  it("seats that wait are counted, those that could not follow are named, and a number that nobody follows is wrong", async () => {
    expect(await look("seats")).toMatchObject({ state: "ok", says: "every quantity is as many as are in use" });
    await supabase.query("select billing.set_seats('organization', id, 5) from unnest('{a,b}'::text[]) id");
    await supabase.query("update billing.seats set due_at = now() + interval '1 hour'");
    expect(await look("seats")).toMatchObject({ state: "ok", says: "2 numbers of seats will be followed" });
    await supabase.query("update billing.seats set problem = 'card_declined' where payer = 'organization:b'");
    expect(await look("seats")).toMatchObject({
      state: "warning",
      says: "1 number of seats could not be followed",
      details: ["organization:b uses 5: card_declined"],
    });
    await supabase.query("update billing.seats set due_at = now() - interval '1 hour' where problem is null");
    expect(await look("seats")).toMatchObject({ state: "wrong", says: "A number of seats has waited for 60 min" });
    await supabase.query("delete from billing.seats");
  });

  it("notices that nobody handles, a reconciliation that stopped, and purchases of nobody are named", async () => {
    await supabase.query(
      "insert into billing.reconcile_cursor (listing, reconciled_until) values ('all', now() - interval '3 hours')",
    );
    await supabase.query(
      "insert into billing.outbox (source_id, kind, object_id, next_attempt_at) values ('a', 'dispute_opened', 'dp_1', now() - interval '1 hour')",
    );
    await supabase.query(`
      insert into public.user_subscriptions (id, customer_id, status, items, metadata, created_at, currency, cancel_at_period_end, paused)
      values ('sub_1', 'cus_1', 'active', '[]', '{}', now() - interval '1 hour', 'usd', false, false)`);
    expect(await wrong()).toEqual(["reconciliation", "notices", "owners"]);
  });
});

it("names the kind that the key may not list, and what mends it", async () => {
  const { stripe } = await standBefore(lent, ({ url = "" }, response) => {
    if (!url.startsWith("/v1/radar/")) return;
    response.writeHead(403, { "content-type": "application/json" });
    response.end('{"error":{"type":"invalid_request_error"}}');
  });
  await createReading(supabase, lent).sync({ stripe });
  expect(await look("completeness")).toMatchObject({
    state: "wrong",
    details: ["early_fraud_warning: Stripe refuses to list it"],
    mend: expect.stringContaining("https://dashboard.stripe.com/apikeys"),
  });
});
