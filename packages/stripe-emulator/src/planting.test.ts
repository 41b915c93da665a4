import { expect, onTestFinished, test } from "vitest";
import { openBench } from "./testing/bench.ts";
import { controlsOf } from "./testing/controls.ts";
import { DeclaredShapes } from "./testing/declared-shapes.ts";

const DAY = 86_400;

async function planted(objects: number) {
  const bench = await openBench();
  onTestFinished(() => bench.close());
  const counts = await controlsOf(bench).plant({ objects, invoices: 4, days: 400 });
  return { ...bench, counts };
}

test("an account is planted: all that was asked for is listed once, in the shapes that the SDK declares", async () => {
  const { origin, counts } = await planted(1000);
  const lists = {
    "/v1/customers": counts.customers,
    "/v1/payment_methods": counts.paymentMethods,
    "/v1/subscriptions": counts.subscriptions,
    "/v1/invoices": counts.invoices,
    "/v1/invoice_payments": counts.invoicePayments,
    "/v1/payment_intents": counts.paymentIntents,
    "/v1/charges": counts.charges,
    "/v1/products": counts.products,
    "/v1/prices": counts.prices,
  };
  expect(Object.values(lists).reduce((sum: number, count = 0) => sum + count, 0)).toBeGreaterThanOrEqual(1000);
  const shapes = new DeclaredShapes();
  for (const [path, count] of Object.entries(lists)) {
    const ids: string[] = [];
    for (let more = true; more; ) {
      const status = path === "/v1/subscriptions" ? "&status=all" : "";
      const after = ids.length > 0 ? `&starting_after=${ids.at(-1)}` : "";
      const answer = await fetch(`${origin}${path}?limit=100${status}${after}`, {
        headers: { authorization: "Bearer sk_test_1" },
      });
      const page = (await answer.json()) as { data: { id: string }[]; has_more: boolean };
      if (ids.length === 0) expect([path, shapes.faultsOf("GET", path, page)]).toEqual([path, []]);
      ids.push(...page.data.map(({ id }) => id));
      more = page.has_more;
    }
    expect([path, new Set(ids).size, ids.length]).toEqual([path, count, count]);
  }
});

test("what is planted hangs together, spread over the time that was asked for, and has no events", async () => {
  const { stripe, emulator } = await planted(100);
  const now = Math.floor(Date.now() / 1000);
  const { data } = await stripe.subscriptions.list({ status: "all", limit: 100, expand: ["data.latest_invoice"] });
  expect(data.filter(({ status }) => status === "canceled").length).toBe(1);
  const oldest = data.at(-1);
  expect(oldest?.created).toBeLessThan(now - 399 * DAY);
  expect(oldest?.items.data[0]?.current_period_end).toBeGreaterThan(now);
  const customer = String(oldest?.customer);
  const invoices = (await stripe.invoices.list({ customer })).data;
  expect(invoices.map(({ number }) => number?.split("-")[1])).toEqual(["0004", "0003", "0002", "0001"]);
  expect(oldest?.latest_invoice).toMatchObject({ id: invoices[0]?.id, customer });
  const [payment] = (await stripe.invoicePayments.list({ invoice: String(invoices[2]?.id) })).data;
  const intent = await stripe.paymentIntents.retrieve(String(payment?.payment.payment_intent), {
    expand: ["latest_charge", "payment_method"],
  });
  expect(intent).toMatchObject({
    customer,
    created: invoices[2]?.created,
    status: "succeeded",
    latest_charge: { customer, payment_intent: intent.id },
    payment_method: { customer },
  });
  expect(emulator.events()).toEqual([]);
  await stripe.subscriptions.cancel(String(oldest?.id));
  expect(emulator.events().at(-1)?.type).toBe("customer.subscription.deleted");
});

test("planting twice makes other objects", async () => {
  const { stripe, origin, counts } = await planted(50);
  const more = await controlsOf({ origin }).plant({ objects: 50, invoices: 4, days: 400 });
  const { data } = await stripe.customers.list({ limit: 100 });
  expect(new Set(data.map(({ id }) => id)).size).toBe(Number(counts.customers) + Number(more.customers));
});
