import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bench, openBench, typesSince, until } from "./testing/bench.ts";
import { cli, runCli, skipReason } from "./testing/stripe-cli.ts";

/** The fixture's name, and the event where it is called otherwise. */
const TRIGGERS: [fixture: string, event?: string][] = [
  ["charge.dispute.closed"],
  ["charge.dispute.created"],
  ["charge.dispute.updated"],
  ["charge.refund.updated"],
  ["charge.refunded"],
  ["checkout.session.async_payment_failed"],
  ["checkout.session.async_payment_succeeded"],
  ["checkout.session.completed"],
  ["checkout.session.expired"],
  ["customer.created"],
  ["customer.deleted"],
  ["customer.subscription.created"],
  ["customer.subscription.deleted"],
  ["customer.subscription.paused"],
  ["customer.subscription.trial_will_end"],
  ["customer.subscription.updated"],
  ["customer.updated"],
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
  ["payment_intent.canceled"],
  ["payment_intent.created"],
  ["payment_intent.payment_failed"],
  ["payment_intent.processing"],
  ["payment_intent.requires_action"],
  ["payment_intent.succeeded"],
  ["payment_method.attached"],
  ["payment_method.detached"],
  ["payment_method.updated"],
  ["price.created"],
  ["price.updated"],
  ["product.created"],
  ["product.deleted"],
  ["product.updated"],
  ["subscription.payment_failed", "invoice.payment_failed"],
  ["subscription.payment_succeeded", "invoice.payment_succeeded"],
  ["test_helpers.test_clock.advancing"],
  ["test_helpers.test_clock.created"],
  ["test_helpers.test_clock.deleted"],
  ["test_helpers.test_clock.ready"],
];

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
  });
});
