import { applyEvents } from "@turnpike/core/mirror";
import { createStripe } from "@turnpike/core/stripe";
import type { Json, ServiceClient } from "@turnpike/core/supabase";
import { verifyEvent } from "@turnpike/core/webhook";
import type Stripe from "stripe";
import type { Contender, ContenderOptions } from "./contender.ts";
import { createPool, type Pool } from "./turnpike/pool.mjs";
import { SECRET } from "./workload.ts";

type Clients = Parameters<typeof applyEvents>[0];

/** Turnpike's own projection, signature check and SQL function; only PostgREST between them is left out. */
export function createTurnpike({ url, connections, stripeUrl }: ContenderOptions): Contender {
  const pool = createPool(url, connections);
  const stripe = stripeUrl ? createStripe({ secretKey: "sk_test_never_used", apiBase: stripeUrl }) : deadStripe;
  const clients = { stripe, supabase: serviceClientOf(pool) };
  const introduced = introduceKey(pool, stripe);
  return {
    async apply(events) {
      await introduced;
      return apply(clients, events);
    },
    async verifyAndApply(deliveries) {
      await introduced;
      await apply(
        clients,
        deliveries.map(({ body, signature }) => verifyEvent(body, signature, [SECRET]) as Stripe.Event),
      );
    },
    async reset(customers = []) {
      await pool.query(
        "truncate public.user_subscriptions, billing.invoices, public.customers, billing.stripe_events, billing.outbox",
      );
      await pool.query({ text: OWNED_CUSTOMERS, values: [customers] });
    },
    async state(events) {
      if (events !== undefined) await assertLedger(pool, events);
      return readState(pool);
    },
    close: () => pool.end(),
  };
}

// Where no server is: an event that has to be fetched is not applied, and the ledger shows it.
const NOWHERE = "http://127.0.0.1:9";
const deadStripe = createStripe({ secretKey: "sk_test_never_used", apiBase: NOWHERE });

/** Answers the events that the queue would deliver again. */
async function apply(clients: Clients, events: Stripe.Event[]): Promise<Stripe.Event[]> {
  const { outcomes } = await applyEvents(clients, events);
  return events.filter(({ id }) => outcomes.get(id) === "retry");
}

/** A row that Turnpike writes for an event. */
export interface Row {
  object: string;
  object_id: string;
  row: Record<string, unknown>;
}

/** What Turnpike would send to Postgres. */
export async function rowsOf(events: Stripe.Event[]): Promise<Row[]> {
  const rows: Row[] = [];
  const rpc = async (_name: string, { changes }: { changes: Row[] }) => {
    rows.push(...changes);
    return { data: [], error: null };
  };
  await apply({ stripe: deadStripe, supabase: { rpc } as unknown as ServiceClient }, events);
  return rows;
}

/** The one method of the service client that `applyEvents` calls, straight on the driver; answers and refusals are PostgREST's. */
function serviceClientOf(pool: Pool): ServiceClient {
  const rpc = async (name: string, parameters: Record<string, Json>) => {
    const names = Object.keys(parameters).map((parameter, index) => `${parameter} => $${index + 1}`);
    const values = Object.values(parameters).map((value) =>
      typeof value === "object" ? JSON.stringify(value) : value,
    );
    try {
      const { rows } = await pool.query({ name, text: `select * from public.${name}(${names})`, values });
      return { error: null, data: rows };
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      return { error: { code, message }, data: null };
    }
  };
  return { rpc } as unknown as ServiceClient;
}

/** The mirror takes the changes of a key that it knows; else Stripe would be asked whose it is. */
async function introduceKey(pool: Pool, { keyHash, livemode }: Clients["stripe"]): Promise<void> {
  await pool.query({
    text: "select public.introduce_stripe_key($1, 'acct_1LkdIwHu7ixBench', $2)",
    values: [keyHash, livemode],
  });
}

const OWNED_CUSTOMERS = `
  with users as (
    insert into auth.users (id, email)
    select md5(id)::uuid, id || '@example.com' from unnest($1::text[]) id
    on conflict (id) do nothing
  )
  insert into public.customers (id, user_id, owned_by) select id, md5(id)::uuid, 'metadata' from unnest($1::text[]) id`;

async function assertLedger(pool: Pool, events: number): Promise<void> {
  const { rows } = await pool.query(
    "select count(*)::int as entries, count(*) filter (where outcome = 'failed')::int as failed from billing.stripe_events",
  );
  const [{ entries, failed }] = rows as [{ entries: number; failed: number }];
  if (entries !== events || failed > 0)
    throw new Error(`The ledger has ${entries} of ${events} events, ${failed} failed`);
}

export async function readState(pool: Pool) {
  const [subscriptions, invoices] = await Promise.all([
    pool.query("select id, status || ' ' || cancel_at_period_end as state from public.user_subscriptions"),
    pool.query("select id, concat_ws(' ', status, amount_paid, attempt_count) as state from billing.invoices"),
  ]);
  return { subscriptions: toState(subscriptions.rows), invoices: toState(invoices.rows) };
}

/** Of rows with `id` and `state`. */
export function toState(rows: unknown[]): Map<string, string> {
  return new Map((rows as { id: string; state: string }[]).map(({ id, state }) => [id, state]));
}
