import type { ServerResponse } from "node:http";
import { applyEvents, objects, recordFailures } from "@turnpike/core/mirror";
import { createStripe, type StripeClient } from "@turnpike/core/stripe";
import type { ServiceClient } from "@turnpike/core/supabase";
import type Stripe from "stripe";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { event, invoice, product } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { standBefore, standBeforeSupabase } from "../parts/proxy.ts";
import { LONG_AGO } from "../parts/shop.ts";
import { samples } from "./samples.ts";

let supabase: LentSupabase;
let lent: LentStripe;
beforeEach(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
});

async function apply(events: Stripe.Event[], { stripe = lent.stripe, client = supabase.client } = {}) {
  const { outcomes, ...rest } = await applyEvents({ stripe, supabase: client }, events);
  return { ...rest, outcomes: events.map(({ id }) => outcomes.get(id)) };
}
const created = (fields: object = {}) => event("product.created", { ...product(), ...fields }, LONG_AGO);

function answer(response: ServerResponse, body: object, headers: Record<string, string> = {}, status = 200) {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

/** A Stripe that holds this invoice with one payment, and a clock of its own. */
async function lendInvoice(held: { id: string }, payment: object, date = LONG_AGO + 10): Promise<StripeClient> {
  const part = { ...samples.invoice_payment, invoice: held.id, ...payment };
  const { stripe } = await standBefore(lent, ({ url }, response) => {
    if (!url?.startsWith(`/v1/invoices/${held.id}`)) return;
    const payments = { object: "list", data: [part], has_more: false };
    answer(response, { ...held, payments }, { date: new Date(date * 1000).toUTCString() });
  });
  return stripe;
}

describe("what became of an event is said", () => {
  it("also of one that Turnpike has no use for: it is ignored", async () => {
    const other = event("balance.available", {}, LONG_AGO);
    expect((await apply([other, created()])).outcomes).toEqual(["ignored", "applied"]);
  });

  it("in the ledger, of one that was given up, with why, and of what it is if that is known", async () => {
    const [named, numbered] = [created(), created({ id: 7 })];
    const reason = "The queue refused it";
    await apply([created()]); // the account is known by then
    await recordFailures(
      { stripe: lent.stripe, supabase: supabase.client },
      [named, numbered].map((each) => ({ event: each, reason })),
    );
    const sql = "select outcome, reason, object_id from billing.stripe_events where id = $1";
    const entries = await Promise.all([named, numbered].map(({ id }) => supabase.query(sql, [id])));
    const { id: object_id } = named.data.object as { id: string };
    expect(entries.flat()).toEqual([
      { outcome: "failed", reason, object_id },
      { outcome: "failed", reason, object_id: null },
    ]);
  });

  it("and what came along and is refused is an error, for which nobody is to be woken", async () => {
    const unpaid = invoice({ status: "open", amount_paid: 0 });
    const stripe = await lendInvoice(unpaid, { status: null });
    const failed = event("invoice.payment_failed", unpaid, LONG_AGO);
    const refused = [{ message: "invoice_payment.status: Postgres refused it (23502)" }];
    expect(await apply([failed], { stripe })).toMatchObject({ outcomes: ["applied"], errors: refused, noticed: true });
    await supabase.query("update billing.outbox set sent_at = now()");
    const again = await apply([failed], { stripe });
    expect(again).toMatchObject({ outcomes: ["duplicate"], errors: refused, noticed: false });
  });
});

describe("a change that a trigger of the product's refuses", () => {
  const AT_ONCE = "trigger refuse before insert or update";
  const AT_THE_END = "constraint trigger refuse after insert or update";
  const plant = (code: string, timing: string, later = code) => {
    onTestFinished(async () => void (await supabase.query("drop function public.refuse cascade")));
    return supabase.query(`
      create function public.refuse() returns trigger language plpgsql as $$
      begin
        if new.name = 'Bad' then raise exception 'not that one' using errcode = '${code}'; end if;
        if new.name = 'Late' then raise exception 'not now' using errcode = '${later}'; end if;
        return new;
      end $$;
      create ${timing} on public.products ${timing === AT_THE_END ? "initially deferred" : ""} for each row execute function public.refuse()`);
  };

  it.each([
    ["with an exception", "P0001", AT_ONCE],
    ["with an assertion", "P0004", AT_ONCE],
    ["with a code of its own", "APP42", AT_ONCE],
    ["at the end of the transaction", "P0001", AT_THE_END],
  ])("%s fails alone, with the reason in the ledger", async (_, code, timing) => {
    await plant(code, timing);
    const [bad, ...good] = [created({ name: "Bad" }), ...Array.from({ length: 9 }, () => created())];
    const events = [...good.slice(0, 4), bad as Stripe.Event, ...good.slice(4)];
    expect((await apply(events)).outcomes).toEqual(events.map((each) => (each === bad ? "failed" : "applied")));
    const sql = "select reason from billing.stripe_events where outcome = 'failed'";
    expect(await supabase.query(sql)).toEqual([{ reason: `product.?: Postgres refused it (${code})` }]);
  });

  it.each(["57014", "40P01", "53100", "25006"])(
    "because of the server (%s) comes again with all the others",
    async (code) => {
      await plant("P0001", AT_ONCE, code);
      await apply([created()]); // the account is known by then
      for (const events of [["Late"], ["Bad", "Late"]].map((names) => names.map((name) => created({ name }))))
        await expect(apply([created(), ...events])).rejects.toMatchObject({ code });
      expect(await supabase.query("select from billing.stripe_events")).toHaveLength(1);
    },
  );
});

it("Postgres is sent nothing that it takes for granted: reading it is most of what a batch costs there", async () => {
  const sent: object[] = [];
  await apply([created()]); // the account is known by then
  const rpc: ServiceClient["rpc"] = (name, parameters) => {
    sent.push(...JSON.parse(JSON.stringify(parameters)).changes);
    return supabase.client.rpc(name, parameters);
  };
  const shown = created({ description: null });
  const { api_version, id: event_id, type } = shown;
  const unreadable = event("product.created", {}, LONG_AGO);
  const client = { rpc } as unknown as ServiceClient;
  expect((await apply([shown, unreadable], { client })).outcomes).toEqual(["applied", "failed"]);

  const moment = new Date(LONG_AGO * 1000).toISOString();
  const { id: object_id } = shown.data.object as { id: string };
  const [failed, applied] = sent;
  expect(failed).toEqual({
    ...{ event_id: unreadable.id, type, created_at: moment, api_version },
    ...{ object_id: null, outcome: "failed", reason: expect.any(String) },
  });
  const row = objects.product.project(shown.data.object as Stripe.Product).row as Record<string, unknown>;
  expect(row.description).toBeNull();
  expect(applied).toEqual({
    ...{ event_id, type, as_of: moment, api_version, object: "product", object_id, rank: -1 },
    row: Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)),
  });
});

it("a tie beside an event that shows a part is settled as both ask: as Stripe holds it, with what belongs to it", async () => {
  const held = invoice({ status: "open", amount_due: 2900 });
  const shown = (amount_due: number) => event("invoice.updated", { ...held, amount_due }, LONG_AGO + 100);
  const partial = event("invoice.payment_failed", { ...held, amount_due: 3 }, LONG_AGO);
  // Stripe's clock is behind that of the tie, so that each of its answers is older than what stands.
  const stripe = await lendInvoice(held, { status: "open" });
  const { outcomes, errors } = await apply([partial, shown(1), shown(2)], { stripe });
  expect({ outcomes, errors }).toEqual({ outcomes: ["applied", "applied", "applied"], errors: [] });
  const [row] = await supabase.query(
    "select amount_due, (select count(*)::int from billing.invoice_payments where invoice_id = i.id) as payments from billing.invoices i where id = $1",
    [held.id],
  );
  expect(row).toEqual({ amount_due: 2900, payments: 1 });
});

describe("who waits for it has seconds", () => {
  it.each(["57014", "PGRST122"])(
    "what Postgres refuses for more than the data (%s) is not sent again",
    async (code) => {
      const { supabase: client, requests } = await standBeforeSupabase(supabase, (_, response) =>
        answer(response, { code, message: "Refused" }, {}, 400),
      );
      await expect(apply([created()], { client })).rejects.toMatchObject({ name: "DatabaseError", code });
      expect(requests).toHaveLength(1);
    },
  );

  it("what Stripe fails to answer is asked once more, and no more", async () => {
    await apply([created()]);
    const { apiBase, stripe, requests } = await standBefore(lent, (_, response) =>
      answer(response, { error: { type: "api_error" } }, {}, 500),
    );
    const unpaid = event("invoice.payment_failed", invoice({ status: "open" }), LONG_AGO);
    expect(await apply([unpaid], { stripe })).toMatchObject({ outcomes: ["retry"], noticed: false });
    expect(requests).toHaveLength(2);
    const unknown = createStripe({ secretKey: "sk_test_unknown", apiBase });
    await expect(apply([created()], { stripe: unknown })).rejects.toMatchObject({ statusCode: 500 });
    expect(requests.slice(2)).toEqual(Array(2).fill("GET /v1/account"));
  });
});
