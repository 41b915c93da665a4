import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bench, openBench, typesSince, until } from "./testing/bench.ts";
import { showTrigger } from "./testing/coverage.ts";
import { cli, runCli, skipReason, startCli } from "./testing/stripe-cli.ts";

/** The fixture's name, and the event where it is called otherwise. */
const TRIGGERS: [fixture: string, event?: string][] = [
  ["account.application.deauthorized"],
  ["account.updated"],
  ["balance.available"],
  ["billing_portal.configuration.created"],
  ["billing_portal.configuration.updated"],
  ["billing_portal.session.created"],
  ["charge.captured"],
  ["charge.dispute.closed"],
  ["charge.dispute.created"],
  ["charge.dispute.updated"],
  ["charge.failed"],
  ["charge.refund.updated"],
  ["charge.refunded"],
  ["charge.succeeded"],
  ["checkout.session.async_payment_failed"],
  ["checkout.session.async_payment_succeeded"],
  ["checkout.session.completed"],
  ["checkout.session.expired"],
  ["coupon.created"],
  ["coupon.deleted"],
  ["coupon.updated"],
  ["credit_note.created"],
  ["credit_note.updated"],
  ["credit_note.voided"],
  ["customer.created"],
  ["customer.deleted"],
  ["customer.source.created"],
  ["customer.source.updated"],
  ["customer.subscription.created"],
  ["customer.subscription.deleted"],
  ["customer.subscription.paused"],
  ["customer.subscription.trial_will_end"],
  ["customer.subscription.updated"],
  ["customer.updated"],
  ["identity.verification_session.canceled"],
  ["identity.verification_session.created"],
  ["identity.verification_session.redacted"],
  ["invoice.created"],
  ["invoice.deleted"],
  ["invoice.finalized"],
  ["invoice.marked_uncollectible"],
  ["invoice.paid"],
  ["invoice.payment_action_required"],
  ["invoice.payment_failed"],
  ["invoice.payment_succeeded"],
  ["invoice.sent"],
  ["invoice.updated"],
  ["invoice.voided"],
  ["invoiceitem.created"],
  ["invoiceitem.deleted"],
  ["payment_intent.amount_capturable_updated"],
  ["payment_intent.canceled"],
  ["payment_intent.created"],
  ["payment_intent.payment_failed"],
  ["payment_intent.processing"],
  ["payment_intent.requires_action"],
  ["payment_intent.succeeded"],
  ["payment_link.created"],
  ["payment_link.updated"],
  ["payment_method.attached"],
  ["payment_method.detached"],
  ["payment_method.updated"],
  ["payout.created"],
  ["payout.updated"],
  ["plan.created"],
  ["plan.deleted"],
  ["plan.updated"],
  ["price.created"],
  ["price.updated"],
  ["quote.accepted"],
  ["quote.canceled"],
  ["quote.created"],
  ["quote.finalized"],
  ["promotion_code.created"],
  ["promotion_code.updated"],
  ["product.created"],
  ["product.deleted"],
  ["product.updated"],
  ["setup_intent.canceled"],
  ["setup_intent.created"],
  ["setup_intent.requires_action"],
  ["setup_intent.setup_failed"],
  ["setup_intent.succeeded"],
  ["subscription.payment_failed", "invoice.payment_failed"],
  ["subscription.payment_succeeded", "invoice.payment_succeeded"],
  // The fixture cancels a schedule that has not begun.
  ["subscription_schedule.aborted", "subscription_schedule.canceled"],
  ["subscription_schedule.canceled"],
  ["subscription_schedule.completed"],
  ["subscription_schedule.created"],
  // The fixture's clock stops nine days before the end, two days before this is told.
  ["subscription_schedule.expiring", "subscription_schedule.created"],
  ["subscription_schedule.released"],
  ["subscription_schedule.updated"],
  ["tax_rate.created"],
  ["tax_rate.updated"],
  ["test_helpers.test_clock.advancing"],
  ["test_helpers.test_clock.created"],
  ["test_helpers.test_clock.deleted"],
  ["test_helpers.test_clock.ready"],
  ["topup.created"],
  ["transfer.created"],
  ["transfer.reversed"],
  ["transfer.updated"],
];

/** What the emulator leaves out: cards of one's own, reports, money that waits with a customer, and what Stripe refuses as well. */
const LEFT_OUT =
  /^(cash_balance|customer\.discount|customer_cash_balance_transaction|issuing_\w+|payment_intent\.partially_funded|reporting|v1)\b/;

describe.skipIf(cli === undefined)(`Stripe's own CLI${skipReason}`, () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench({ webhookEndpoints: [] });
  });
  afterAll(() => bench.close());

  test.each(TRIGGERS)("triggers %s", async (fixture, event = fixture) => {
    const from = bench.emulator.events().length;
    const { code, output } = await runCli(bench.origin, "trigger", fixture);
    expect(output).toContain("Trigger succeeded");
    expect(code).toBe(0);
    await until(() => typesSince(bench, from).includes(event));
    showTrigger(fixture);
  });

  test("every other fixture of the CLI is among those that are triggered here", async () => {
    const { output } = await runCli(bench.origin, "trigger", "--help");
    const [, list = ""] = /Supported events:\n([\s\S]*?)\n\n/.exec(output) ?? [];
    const fixtures = list.split("\n").map((line) => line.trim());
    expect(fixtures).toContain("customer.subscription.created");
    const triggered = TRIGGERS.map(([fixture]) => fixture);
    expect(fixtures.filter((fixture) => !LEFT_OUT.test(fixture) && !triggered.includes(fixture))).toEqual([]);
  });

  test("listens: what it forwards is signed with the secret it shows; get, post and resend work", async () => {
    const { stripe, origin, hookUrl, received } = bench;
    const args = ["listen", "--forward-to", hookUrl, "--no-wss", "--all-snapshot", "--skip-update"];
    const listening = startCli(origin, args);
    try {
      await until(() => listening.output().includes("Ready!"));
      const secret = /whsec_\w+/.exec(listening.output())?.[0] ?? "";
      const posted = await runCli(origin, "post", "/v1/customers", "-d", "email=cli@example.com");
      const customer = JSON.parse(posted.output.slice(posted.output.indexOf("{")));
      await until(() => received.length === 1);
      const [first] = received;
      const event = stripe.webhooks.constructEvent(first?.body ?? "", first?.signature ?? "", secret);
      expect(event).toMatchObject({ type: "customer.created", data: { object: { id: customer.id } } });
      expect((await runCli(origin, "get", `/v1/customers/${customer.id}`)).output).toContain("cli@example.com");
      expect(await runCli(origin, "events", "resend", event.id)).toMatchObject({ code: 0 });
      await until(() => received.length === 2);
      expect(JSON.parse(received[1]?.body ?? "")).toMatchObject({ id: event.id });
    } finally {
      listening.child.kill();
      await listening.ended;
    }
  });

  /** Runs the CLI until its output has come, and ends it. */
  async function whileItRuns(args: string[], ready: string, act: (output: () => string) => Promise<void>) {
    const running = startCli(bench.origin, args);
    try {
      await until(() => running.output().includes(ready));
      await act(running.output);
    } finally {
      running.child.kill();
      await running.ended;
    }
  }

  test("listens for the latest version: each event comes once", async () => {
    const { stripe, hookUrl, received } = bench;
    const from = received.length;
    const args = ["listen", "--latest", "--forward-to", hookUrl, "--all-snapshot", "--skip-update"];
    await whileItRuns(args, "Ready!", async () => {
      const { id } = await stripe.products.create({ name: "Latest" });
      await stripe.products.update(id, { name: "Later" });
      await until(() => received.length >= from + 2);
      const types = received.slice(from).map(({ body }) => JSON.parse(body).type);
      expect(types.sort()).toEqual(["product.created", "product.updated"]);
    });
  });

  // https://docs.stripe.com/event-destinations#thin-events
  test("listens for thin events: they lead to their object and to themselves", async () => {
    const { stripe, hookUrl, received } = bench;
    const from = received.length;
    const args = ["listen", "--forward-to", hookUrl, "--all-thin", "--skip-update"];
    const listening = startCli(bench.origin, args);
    try {
      await until(() => listening.output().includes("Ready!"));
      const secret = /whsec_\w+/.exec(listening.output())?.[0] ?? "";
      const { id } = await stripe.customers.create({ name: "Thin" });
      await until(() => received.length > from);
      const [sent] = received.slice(from);
      const thin = stripe.parseEventNotification(sent?.body ?? "", sent?.signature ?? "", secret);
      expect(thin).toMatchObject({ object: "v2.core.event", type: "v1.customer.created", related_object: { id } });
      if (thin.type !== "v1.customer.created") throw new Error(thin.type);
      expect(await thin.fetchRelatedObject()).toMatchObject({ object: "customer", name: "Thin" });
      expect(await thin.fetchEvent()).toMatchObject({ id: thin.id });
      const snapshot = await stripe.events.retrieve(thin.snapshot_event ?? "");
      expect(snapshot).toMatchObject({ type: "customer.created" });
      expect(received).toHaveLength(from + 1);
    } finally {
      listening.child.kill();
      await listening.ended;
    }
  });

  // https://docs.stripe.com/cli/logs/tail
  test("tails the log: requests and why they were refused, or those that were asked for", async () => {
    const { stripe } = bench;
    const ask = async () => {
      await stripe.products.list();
      await expect(stripe.products.create({ name: "" })).rejects.toThrow();
      await stripe.customers.create();
    };
    await whileItRuns(["logs", "tail"], "Ready!", async (output) => {
      await ask();
      await until(() => output().includes("/v1/customers"));
      // The CLI handles them side by side, and prints them in any order.
      await until(() => ["[200] GET /v1/products", "[400] POST /v1/products"].every((line) => output().includes(line)));
      expect(output()).toContain("parameter_invalid_empty");
    });
    await whileItRuns(["logs", "tail", "--filter-http-method", "POST"], "Ready!", async (output) => {
      await ask();
      await until(() => output().includes("/v1/customers"));
      expect(output()).not.toContain("GET");
    });
    const wrong = await fetch(`${bench.origin}/v1/stripecli/sessions`, {
      method: "POST",
      headers: { authorization: "Bearer sk_test_cli" },
      body: new URLSearchParams({ filters: '{"filter_ip_address":["::1"]}' }),
    });
    expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining("filter_ip_address")]);
  });
});
