import { applyEvents, objects } from "@turnpike/core/mirror";
import type Stripe from "stripe";
import { beforeAll, expect, it } from "vitest";
import { event, id, product } from "../builders.ts";
import { explore } from "../model/explore.ts";
import {
  ALL_GUARD_RULES,
  type Change,
  decide,
  GUARD_RULES,
  guardModel,
  type Outcome,
  type Row,
} from "../model/guard.ts";
import { LIVES } from "../model/lives.ts";
import { ALL_SALE_RULES, beginSale, endSale, SALE_RULES, saleModel } from "../model/sale.ts";
import { type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { LONG_AGO } from "../parts/shop.ts";

let supabase: LentSupabase;
let keyHash: string;
beforeAll(async () => {
  const [{ stripe }, lent] = await Promise.all([lendStripe(), lendSupabase()]);
  supabase = lent;
  keyHash = stripe.keyHash;
  // The first event has the key introduced.
  await applyEvents({ stripe, supabase: supabase.client }, [event("product.created", product(), LONG_AGO)]);
});

const momentOf = (second: number) => new Date((LONG_AGO + second) * 1000).toISOString();

/** Every combination of what the guard looks at. */
function changes(moments: number[], fetched: boolean[]): Change[] {
  return moments.flatMap((asOf) =>
    [0, 1].flatMap((rank) =>
      ["a", "b"].flatMap((content) =>
        [false, true].flatMap((deleted) => fetched.map((is) => ({ asOf, rank, content, deleted, fetched: is }))),
      ),
    ),
  );
}

interface Case {
  standing: Row | undefined;
  batch: Change[];
}

function sentOf(objectId: string, eventId: string | undefined, { asOf, rank, content, deleted, fetched }: Change) {
  const asked = eventId && {
    event_id: eventId,
    type: "product.updated",
    created_at: momentOf(asOf),
    api_version: null,
  };
  const projection = objects.product.project(product({ id: objectId, name: content }) as unknown as Stripe.Product);
  return { ...asked, ...projection, rank, deleted, fetched, as_of: momentOf(asOf) };
}

async function send(sent: object[]): Promise<Map<string, string>> {
  const answer = await supabase.query<{ event_id: string; outcome: string }>(
    "select event_id, outcome from apply_stripe_changes($1, $2, false)",
    [JSON.stringify(sent), keyHash],
  );
  return new Map(answer.map(({ event_id, outcome }) => [event_id, outcome]));
}

/** What Postgres makes of the cases, each on an object of its own. */
async function judge(cases: Case[]): Promise<{ row: Row; outcomes: Outcome[] }[]> {
  const named = cases.map((each) => ({ ...each, object: id("prod"), events: each.batch.map(() => id("evt")).sort() }));
  await send(named.flatMap(({ standing, object }) => (standing ? [sentOf(object, undefined, standing)] : [])));
  const outcomes = await send(
    named.flatMap(({ batch, object, events }) => batch.map((change, at) => sentOf(object, events[at], change))),
  );
  const rows = await supabase.query<Row & { id: string }>(
    `select id, extract(epoch from as_of)::int - $1 as "asOf", rank, name as content, deleted, fetched from products where id = any ($2)`,
    [LONG_AGO, named.map(({ object }) => object)],
  );
  const rowOf = new Map(rows.map(({ id: object, ...row }) => [object, row]));
  return named.map(({ object, events }) => ({
    row: rowOf.get(object) as Row,
    outcomes: events.map((each) => outcomes.get(each) as Outcome),
  }));
}

it("what the model's guard decides is what Postgres decides, whatever stands and whatever comes", async () => {
  const standings = [undefined, ...changes([2], [false, true])];
  const alone = changes([1, 2, 3], [false, true]).map((change) => [change]);
  const events = changes([1, 2], [false]);
  const together = events.flatMap((one) => events.map((other) => [one, other]));
  const cases = standings.flatMap((standing) => [...alone, ...together].map((batch) => ({ standing, batch })));
  expect(cases.length).toBe(17 * (48 + 16 * 16));
  const judged = await judge(cases);
  const differing = cases.flatMap(({ standing, batch }, at) => {
    const decided = decide(standing, batch);
    return JSON.stringify(decided) === JSON.stringify(judged[at])
      ? []
      : [{ standing, batch, decided, inPostgres: judged[at] }];
  });
  expect(differing.slice(0, 3)).toEqual([]);
});

it("what the model's lease allows is what Postgres allows", async () => {
  const tokens = ["nobody", crypto.randomUUID(), crypto.randomUUID()];
  const standings = [null, ...[1, 2].flatMap((holder) => [-1, 1].map((until) => ({ holder, until })))];
  for (const standing of standings) {
    const payer = `user:${crypto.randomUUID()}`;
    const plant = () =>
      standing &&
      supabase.query(
        `insert into billing.sales_in_progress values ($1, $2, clock_timestamp() + make_interval(secs => 6 * $3))
         on conflict (payer) do update set token = excluded.token, expires_at = excluded.expires_at`,
        [payer, tokens[standing.holder], standing.until],
      );
    const lease = async () =>
      (
        await supabase.query<{ token: string; left: number }>(
          `select token, round(extract(epoch from expires_at - clock_timestamp()) / 6)::int as left
           from billing.sales_in_progress where payer = $1`,
          [payer],
        )
      ).map(({ token, left }) => ({ holder: tokens.indexOf(token), until: left }))[0] ?? null;
    await plant();
    const [answer] = await supabase.query<{ began: boolean }>("select begin_sale($1, $2) as began", [payer, tokens[1]]);
    expect({ began: answer?.began, lease: await lease() }).toEqual(beginSale(standing, 1, 0));
    await plant();
    await supabase.query("select end_sale($1, $2)", [payer, tokens[1]]);
    expect(await lease()).toEqual(standing ? endSale(standing, 1) : null);
  }
});

const FEW = { writers: 2, seconds: 2, reads: 0 };

it.each(Object.entries(LIVES))("no history of an object that %s ends wrong", (_, life) => {
  expect(explore(guardModel({ ...FEW, life })).wrong).toBeUndefined();
});

it("no history of a payer who buys in two tabs ends with two subscriptions", () => {
  expect(explore(saleModel({ requests: 2, time: 8 })).wrong).toBeUndefined();
});

const named = <Rule extends string>(rules: Record<Rule, string>) =>
  (Object.entries(rules) as [Rule, string][]).map(([rule, says]) => ({ rule, says }));

it.each(named(GUARD_RULES))("a history of an object ends wrong without this: $says", ({ rule }) => {
  const rules = { ...ALL_GUARD_RULES, [rule]: false };
  const goesWrong = Object.values(LIVES).some((life) => explore(guardModel({ ...FEW, reads: 1, life }, rules)).wrong);
  expect(goesWrong).toBe(true);
});

it.each(named(SALE_RULES))("a payer may have two subscriptions without this: $says", ({ rule }) => {
  const rules = { ...ALL_SALE_RULES, [rule]: false };
  expect([2, 3].some((requests) => explore(saleModel({ requests, time: 8 }, rules)).wrong)).toBe(true);
});
