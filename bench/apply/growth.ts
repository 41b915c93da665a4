import { assertSame, feed, median } from "./measure.ts";
import { createPool, type Pool } from "./turnpike/pool.mjs";
import { createTurnpike, readState } from "./turnpike.ts";
import { createWorkload, type Workload } from "./workload.ts";

export const SMALL_ROWS = 10_000;
export const LARGE_ROWS = 1_000_000;
const BATCHES = [1, 100] as const;

export interface Growth {
  batch: number;
  events: number;
  /** Microseconds per event, medians. */
  small: number;
  large: number;
  ratio: number;
}

/**
 * What an event costs in a mirror of 10 thousand rows and in one of a million, the ledger as long. The events are of objects that
 * are there already, scattered over the tables. Over one connection, the apply stage alone.
 */
export async function measureGrowth(
  urls: { small: string; large: string },
  { events, rounds }: { events: number; rounds: number },
  progress: (line: string) => void,
): Promise<Growth[]> {
  const workload = createWorkload(events);
  const mirrors = [
    { size: "small", url: urls.small, rows: SMALL_ROWS },
    { size: "large", url: urls.large, rows: LARGE_ROWS },
  ].map(({ size, url, rows }) => ({
    size,
    rows,
    pool: createPool(url, 1),
    turnpike: createTurnpike({ url, connections: 1 }),
  }));
  const costs = new Map(BATCHES.map((batch) => [batch, { small: [] as number[], large: [] as number[] }]));
  try {
    for (const { rows, pool } of mirrors) {
      progress(`  filling a mirror with ${rows.toLocaleString("en")} rows`);
      await fill(pool, workload, rows);
    }
    // The first round warms up and is not counted.
    for (let round = 0; round <= rounds; round++) {
      for (const batch of BATCHES) {
        for (const { size, pool, turnpike } of round % 2 ? mirrors.toReversed() : mirrors) {
          await rewind(pool, workload);
          const cost = 1e6 / (await feed(turnpike, workload.bodies, { stage: "apply", batch, connections: 1 }));
          await assertApplied(pool, workload);
          if (round === 0) continue;
          costs.get(batch)?.[size === "small" ? "small" : "large"].push(cost);
          progress(`  round ${round} of ${rounds}: batch ${batch}, ${size} mirror: ${Math.round(cost)} µs per event`);
        }
      }
    }
  } finally {
    await Promise.all(mirrors.flatMap(({ pool, turnpike }) => [pool.end(), turnpike.close()]));
  }
  return [...costs].map(([batch, { small, large }]) => ({
    batch,
    events,
    small: median(small),
    large: median(large),
    ratio: median(large.map((cost, round) => cost / (small[round] ?? Number.NaN))),
  }));
}

const idsOf = ({ subscriptions, invoices }: Workload) => [[...subscriptions.keys()], [...invoices.keys()]];

/** Six in ten rows are subscriptions, the others invoices; those of the workload stand among them at random. */
async function fill(pool: Pool, workload: Workload, rows: number): Promise<void> {
  const [subscriptionIds, invoiceIds] = idsOf(workload);
  const counts = [Math.round(rows * 0.6), Math.round(rows * 0.4)];
  await pool.query({
    text: `
      insert into public.user_subscriptions (id, customer_id, status, price_id, product_id, quantity, items, currency,
        current_period_start, current_period_end, cancel_at_period_end, paused, latest_invoice_id, metadata, created_at,
        as_of, rank, deleted, fetched)
      select id, 'cus_' || right(id, 16), 'incomplete', 'price_1MoBy5LkdIwHu7ixZhnattbh', 'prod_NZKdYqrwEYx6iK', 1,
        jsonb_build_array(jsonb_build_object('id', 'si_' || right(id, 16), 'price_id', 'price_1MoBy5LkdIwHu7ixZhnattbh',
          'product_id', 'prod_NZKdYqrwEYx6iK', 'quantity', 1, 'current_period_start', '2026-09-01T00:00:00.000Z',
          'current_period_end', '2026-10-01T00:00:00.000Z')),
        'usd', '2026-09-01', '2026-10-01', false, false, 'in_' || right(id, 24),
        '{"plan": "pro", "user_id": "9f0c2f62-6a4d-4f0e-8a54-1d1c5a3d3f10"}', '2026-09-01', '2026-09-01', 0, false, false
      from (select unnest($1::text[]) as id union all
        select 'sub_1T' || substr(md5(n::text), 1, 22) from generate_series(cardinality($1::text[]) + 1, $2) n) ids
      order by md5(id)`,
    values: [subscriptionIds, counts[0]],
  });
  await pool.query({
    text: `
      insert into billing.invoices (id, customer_id, subscription_id, number, status, billing_reason, currency, amount_due,
        amount_paid, amount_remaining, attempted, attempt_count, other_products, hosted_invoice_url, invoice_pdf, created_at, as_of, rank,
        deleted, fetched)
      select id, 'cus_' || right(id, 16), 'sub_' || right(id, 24), right(id, 8) || '-0001', 'draft', 'subscription_cycle',
        'usd', 1900, 0, 1900, false, 0, 0, repeat('https://invoice.stripe.com/i/', 4), repeat('https://pay.stripe.com/invoice/', 4),
        '2026-09-01', '2026-09-01', 0, false, false
      from (select unnest($1::text[]) as id union all
        select 'in_1T' || substr(md5(n::text), 1, 23) from generate_series(cardinality($1::text[]) + 1, $2) n) ids
      order by md5(id)`,
    values: [invoiceIds, counts[1]],
  });
  await pool.query({
    text: `
      insert into billing.stripe_events (id, type, object_id, created_at, api_version, outcome)
      select 'evt_1T' || lpad(n::text, 10, '0') || substr(md5(n::text), 1, 12), 'customer.subscription.updated',
        'sub_1T' || substr(md5(n::text), 1, 22), '2026-09-01', '2026-10-28.endive', 'applied'
      from generate_series(1, $1) n`,
    values: [rows],
  });
}

/** Back to before the events, without the traces that a run leaves in the tables. */
async function rewind(pool: Pool, workload: Workload): Promise<void> {
  const [subscriptionIds, invoiceIds] = idsOf(workload);
  await pool.query({
    text: "update public.user_subscriptions set as_of = '2026-09-01', rank = 0, deleted = false where id = any ($1)",
    values: [subscriptionIds],
  });
  await pool.query({
    text: "update billing.invoices set as_of = '2026-09-01', rank = 0, deleted = false where id = any ($1)",
    values: [invoiceIds],
  });
  await pool.query("delete from billing.stripe_events where created_at > '2026-09-15'");
  for (const table of ["public.user_subscriptions", "billing.invoices", "billing.stripe_events"]) {
    await pool.query(`vacuum analyze ${table}`);
  }
  await pool.query("checkpoint");
}

async function assertApplied(pool: Pool, workload: Workload): Promise<void> {
  const { subscriptions, invoices } = await readState(pool);
  const only = (found: Map<string, string>, expected: Map<string, string>) =>
    new Map([...found].filter(([id]) => expected.has(id)));
  assertSame(only(subscriptions, workload.subscriptions), workload.subscriptions);
  assertSame(only(invoices, workload.invoices), workload.invoices);
}
