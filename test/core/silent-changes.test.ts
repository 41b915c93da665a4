import { auditAccount } from "@turnpike/core/sync";
import { beforeEach, expect, it } from "vitest";
import { eachWithAccount } from "../parts/account.ts";
import { createSweeping } from "../parts/sweeping.ts";

// Of some states Stripe sends no event that we ask for: a mirror that has missed nothing lacks what is in them, or is behind.
const account = eachWithAccount();
const { sweep, drift } = createSweeping(account);
const query = <Row extends object>(text: string, values: unknown[] = []) => account.supabase.query<Row>(text, values);

const STATES = {
  charges: ["failed", "pending", "succeeded", "pending"],
  invoices: ["draft", "open", "uncollectible", "paid"],
  invoicePayments: ["open", "canceled", "paid", "open"],
  paymentIntents: ["requires_payment_method", "requires_confirmation", "requires_action", "requires_capture"],
};
const silent = (table: keyof typeof STATES, change: (status: string) => object) =>
  account.past.alter(table, ({ status }) => change(String(status)));

beforeEach(async () => {
  const { id: price } = await account.shop.sell("monthly");
  for (const _ of STATES.charges) await account.addSubscriber({ price });
  const session = { mode: "subscription" as const, line_items: [{ price, quantity: 1 }] };
  await account.stripe.checkout.sessions.create({ ...session, success_url: "https://example.com/success" });
  await account.past.growOld();
  for (const [table, states] of Object.entries(STATES)) {
    await account.past.alter(table, (_, place) => ({ status: states[place] }));
  }
  await account.reading.sync();
  await account.letTimePass();
});

async function audit() {
  const { equal, objects } = await auditAccount(account.shop.billing, {
    perSecond: 1000,
    perEndpoint: 200,
    lookAgainAfterMs: 1,
  });
  const named = (list: "differing" | "behind") =>
    objects.flatMap(({ object, [list]: found }) =>
      found.flatMap(({ id, columns }) => columns.map(({ column }) => `${object} ${id} ${column}`)),
    );
  return { equal, differing: named("differing"), behind: named("behind") };
}

it("a flipped cent is named by object and column in every table and in each state, and is drift", async () => {
  expect(await audit()).toEqual({ equal: true, differing: [], behind: [] });
  const numbers = await query<{ object: string; target: string; columns: string[] }>(
    `select object, target, array_agg(attname::text order by attname) as columns
     from billing.mirrored join pg_attribute on attrelid = target::regclass
     where atttypid in ('bigint'::regtype, 'integer'::regtype) and attgenerated = '' and not attisdropped
     group by object, target, position order by position`,
  );
  const flipped: string[] = [];
  for (const { object, target, columns } of numbers) {
    const cents = columns.map((column) => `${column} = ${column} + 1`).join();
    for (const row of await query<{ id: string; row: Record<string, unknown> }>(
      `update ${target} t set ${cents} returning id, to_jsonb(t) as row`,
    )) {
      const held = columns.filter((column) => row.row[column] !== null);
      flipped.push(...held.map((column) => `${object} ${row.id} ${column}`));
    }
  }
  expect(new Set(flipped.map((each) => each.split(" ")[0]))).toEqual(
    new Set(["charge", "checkout_session", "invoice", "payment_intent", "payment_method", "price", "subscription"]),
  );
  const { equal, differing, behind } = await audit();
  expect(equal).toBe(false);
  expect([...differing, ...behind].toSorted()).toEqual(flipped.toSorted());
  // Of an open session its buyer may have changed the total, and nothing else is a number there.
  expect(behind.map((each) => each.replace(/ cs_\w+/, ""))).toEqual(["checkout_session amount_total"]);
  await sweep();
  expect(await audit()).toEqual({ equal: true, differing: [], behind: [] });
  const found = (await drift()).flatMap(({ object, object_id, columns }) =>
    columns.map((column) => `${object} ${object_id} ${column}`),
  );
  expect(found.toSorted()).toEqual(differing.toSorted());
}, 180_000);

it("what Stripe changed without an event is named apart, brought by the sweep, and no drift", async () => {
  await silent("charges", (status) => (status === "pending" ? { status: "failed", failure_code: "late" } : {}));
  await silent("invoicePayments", (status) => (status === "open" ? { status: "canceled" } : {}));
  await silent("paymentIntents", (status) => (/_(method|confirmation|action)$/.test(status) ? { amount: 1234 } : {}));
  await account.past.alter("checkoutSessions", () => ({ amount_total: 1234 }));
  const { equal, differing, behind } = await audit();
  expect({ equal, differing }).toEqual({ equal: true, differing: [] });
  const columns = behind.map((each) => each.replace(/ [a-z]+_\w+ /, " "));
  expect(columns.toSorted()).toEqual([
    "charge failure_code",
    "charge failure_code",
    "charge status",
    "charge status",
    "checkout_session amount_total",
    "invoice_payment status",
    "invoice_payment status",
    "payment_intent amount",
    "payment_intent amount",
    "payment_intent amount",
  ]);
  await sweep();
  expect(await audit()).toEqual({ equal: true, differing: [], behind: [] });
  expect(await drift()).toEqual([]);
});

it("what a silent change cannot have come from, or cannot have changed, is drift", async () => {
  await query("update billing.charges set status = 'succeeded' where status = 'failed'");
  await query("update checkout_sessions set status = 'complete'");
  await query("update billing.payment_intents set status = 'succeeded' where status = 'requires_confirmation'");
  await query("update billing.payment_intents set amount = amount + 1 where status = 'requires_capture'");
  await query("update billing.invoices set amount_due = amount_due + 1 where status = 'draft'");
  const expected = [
    "checkout_session status",
    "invoice amount_due",
    "payment_intent status",
    "payment_intent amount",
    "charge status",
  ];
  const { behind, differing } = await audit();
  expect(behind).toEqual([]);
  expect(differing.map((each) => each.replace(/ [a-z]+_\w+ /, " ")).toSorted()).toEqual(expected.toSorted());
  await sweep();
  expect((await drift()).map(({ object, columns }) => `${object} ${columns}`).toSorted()).toEqual(expected.toSorted());
});
