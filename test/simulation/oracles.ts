import { enabledEvents, getObject, type ObjectName, objects } from "@turnpike/core/mirror";
import type Stripe from "stripe";
import type { Account } from "./account.ts";
import { type AtRest, groupOf, payerIn, stripeOf } from "./at-rest.ts";
import { locksInDisorder } from "./locks.ts";
import { NOTICE_ORACLES } from "./notices.ts";
import { isLive, OWNER_ORACLES } from "./owners.ts";
import { SEAT_ORACLES } from "./seats.ts";

/** What must hold at rest. Each answers in what way it does not. */
export const ORACLES: Record<string, (world: AtRest) => Promise<string[]>> = {
  "what must not happen has not happened": async ({ database }) =>
    (await database.query<{ what: string }>("select what from simulation.violations")).map(({ what }) => what),

  "what an event does to its row and the ledger is what the guard's model says": async ({ database }) => [
    ...database.guarded.wrong,
    ...(await database.guarded.compareRows(database)),
  ],

  "a sale is ended by nobody else": async ({ database }) => database.leases.wrong,

  "locks are taken in one order": ({ database }) => locksInDisorder(database),

  "what watches in production finds nothing that cannot be": async ({ database }) => {
    await database.query("select from public.find_impossible()");
    const found = await database.query<{ what: string }>(
      "select format('%s: %s of %s', rule, event_id, object_id) as what from billing.impossible",
    );
    return found.map(({ what }) => what);
  },

  "nothing is among the dead letters": async ({ cloud }) => cloud.events.deadLetters.map((body) => body.slice(0, 80)),

  "the ledger has every event": async ({ account, database }) => {
    const wanted = account.events().filter(({ type }) => (enabledEvents as string[]).includes(type));
    const done = await database.query<{ id: string }>(
      "select id from billing.stripe_events where outcome in ('applied', 'stale')",
    );
    const ids = new Set(done.map(({ id }) => id));
    return wanted
      .filter(({ id }) => !ids.has(id))
      .map(({ id, type, created }) => `${type} ${id} of ${new Date(1000 * created).toISOString()}`);
  },

  "what was delivered comes to the ledger though nobody looks for it": async ({ leftBehind = [] }) => [...leftBehind],

  "what events tell of is as at Stripe": (world) => compareAll(world, toldOf(world.account)),

  "nobody pays twice": async ({ database, account, cloud }) => {
    const customers = await database.query<{ id: string; payer: string | null }>(
      "select id, billing.payer_of(c) as payer from public.customers c",
    );
    const payerOf = new Map(customers.map(({ id, payer }) => [id, payer]));
    const live = (await stripeOf(account).subscriptions()).filter(({ status }) => isPaid(status));
    const groups = Map.groupBy(live, (subscription) => {
      const customer = String(subscription.customer);
      return `${payerOf.get(customer) ?? customer} ${groupOf(subscription)}`;
    });
    const told = cloud.mails.map(({ text }) => text).join("\n");
    return [...groups].flatMap(([payer, held]) => {
      // Where undoing it might be wrong, a person was told.
      const untold = held.filter(({ id }) => !told.includes(id));
      return held.length > 1 && untold.length > 1 ? [`${payer}: ${held.map(({ id }) => id).join(" and ")}`] : [];
    });
  },

  "who pays has access, and nobody else": async ({ database, account }) => {
    const paying = new Set(
      (await stripeOf(account).subscriptions())
        .filter(({ status }) => isPaid(status))
        .map(({ customer }) => String(customer)),
    );
    const users = await database.query<{ id: string; has: boolean; customers: string[] }>(
      `select id, public.user_has_active_subscription(id) as has,
        array(
          select customer.id from public.customers customer
          where users.id in (customer.user_id, customer.named_user_id)
            or customer.organization_id in (select m.organization_id from simulation.members m where m.user_id = users.id)
        ) as customers
      from auth.users users`,
    );
    return users.flatMap(({ id, has, customers }) =>
      has === customers.some((customer) => paying.has(customer))
        ? []
        : [`${id}: ${has ? "has it unpaid" : "pays for nothing"}`],
    );
  },

  "whoever was deleted pays no more": async ({ histories, account, database }) => {
    const owned = await database.query<{ id: string }>(
      "select id from public.customers where num_nonnulls(user_id, organization_id) > 0",
    );
    // What names them may be another's all the same.
    const others = new Set(owned.map(({ id }) => id));
    const gone = new Set<string>(histories.flatMap(({ customer }) => (customer.deleted ? [customer.id] : [])));
    return (await stripeOf(account).subscriptions())
      .filter(({ customer }) => !others.has(String(customer)))
      .filter(({ status, metadata }) => isLive(status) && gone.has(metadata.user_id ?? "") && !metadata.organization_id)
      .map(({ id }) => id);
  },

  "of our own pages that exclude each other no two are paid": async ({ account }) => {
    const sold = (await stripeOf(account).subscriptions()).filter(
      ({ status, metadata }) => isOurs(metadata) && !status.startsWith("incomplete"),
    );
    const held = Map.groupBy(sold, (subscription) => `${payerIn(subscription)} ${groupOf(subscription)}`);
    return [...held].flatMap(([payer, all]) => {
      const inOrder = all.toSorted((one, other) => one.created - other.created);
      const overlap = inOrder.find(
        ({ created }, place) => created < (inOrder[place - 1]?.ended_at ?? (place ? created + 1 : 0)),
      );
      return overlap ? [`${payer}: ${inOrder.map(({ id }) => id).join(" and ")}`] : [];
    });
  },

  "a trial is had once": async ({ account }) => {
    const trials = (await stripeOf(account).subscriptions()).filter(
      ({ trial_start, metadata }) => trial_start !== null && isOurs(metadata),
    );
    return [...Map.groupBy(trials, payerIn)].flatMap(([payer, had]) =>
      had.length > 1 ? [`${payer}: ${had.map(({ id }) => id).join(" and ")}`] : [],
    );
  },

  ...OWNER_ORACLES,
  ...NOTICE_ORACLES,
  ...SEAT_ORACLES,
};

/** After a sweep nothing is left out. */
export const AFTER_A_SWEEP: typeof ORACLES = {
  "everything is as at Stripe": (world) => compareAll(world, undefined),
};

/** Whether one of our own pages has sold it, and not to a guest. */
const isOurs = ({ user_id, sold_by }: Stripe.Metadata) => user_id !== undefined && sold_by === "turnpike";

const isPaid = (status: string) => ["trialing", "active", "past_due"].includes(status);

/** The ids that events tell of. */
function toldOf(account: Account): ReadonlySet<string> {
  const told = account.events().filter(({ type }) => (enabledEvents as string[]).includes(type));
  return new Set(told.map(({ data }) => (data.object as { id: string }).id));
}

/** States that no event tells of: only a sweep brings them. */
const UNTOLD: Record<string, (status: string) => boolean> = {
  checkout_session: (status) => status === "open",
  invoice: (status) => status === "draft",
  invoice_payment: (status) => status !== "paid",
  payment_intent: (status) => status.startsWith("requires_"),
  charge: (status) => status !== "succeeded",
};

/** What Stripe shows only to whoever asks. */
const ASKED: Partial<Record<ObjectName, object>> = {
  subscription: { status: "all" },
  price: { "expand[]": "data.currency_options" },
};

/** What only older versions of Stripe's API name, and is as whichever version came last. */
const TOLD_BY_OLDER_VERSIONS: Partial<Record<ObjectName, object>> = {
  invoice: { payment_intent_id: undefined },
  charge: { invoice_id: undefined },
};

const COMPARE = `
  select shown.id, case when standing.id is null then '{missing}' else array(
    select key from jsonb_each(to_jsonb(jsonb_populate_record(standing, shown."row"))) as wanted (key, value)
    where to_jsonb(standing) -> key is distinct from value
  ) || case when standing.deleted <> shown.deleted then '{deleted}'::text[] else '{}' end end as columns
  from jsonb_to_recordset($1::jsonb) as shown (id text, "row" jsonb, deleted boolean)
  left join {target} standing on standing.id = shown.id`;

async function compareAll(world: AtRest, only: ReadonlySet<string> | undefined): Promise<string[]> {
  const wrong: string[] = [];
  for (const name of Object.keys(objects) as ObjectName[]) {
    if (name !== "entitlements") wrong.push(...(await compareKind(world, name, only)));
  }
  return wrong;
}

async function compareKind(
  { account, database, sweptSince = 0 }: AtRest,
  name: ObjectName,
  only?: ReadonlySet<string>,
): Promise<string[]> {
  const object = getObject(name);
  const { list } = stripeOf(account);
  const { listed } = object;
  const customers = listed.by === "customer" ? await list<{ id: string }>("/v1/customers", {}) : [];
  const found =
    listed.by === "customer"
      ? (await Promise.all(customers.map(({ id: customer }) => list<{ id: string }>(listed.path, { customer })))).flat()
      : await list<{ id: string }>(listed.path, ASKED[name] ?? {});
  const shown = found.flatMap((source) => {
    const { status = "", created = 0 } = source as { status?: string; created?: number };
    if (only && !only.has(source.id)) return [];
    if (UNTOLD[name]?.(status) && (only || created * 1000 >= sweptSince)) return [];
    const { object_id: id, row, deleted } = object.project(source as never);
    return [{ id, row: { ...row, ...TOLD_BY_OLDER_VERSIONS[name] }, deleted }];
  });
  const target = (
    await database.query<{ target: string }>("select target from billing.mirrored where object = $1", [name])
  )[0]?.target;
  const compared = await database.query<{ id: string; columns: string[] }>(COMPARE.replace("{target}", target ?? ""), [
    JSON.stringify(shown),
  ]);
  const differing = compared
    .filter(({ columns }) => columns.length > 0)
    .map(({ id, columns }) => `${name} ${id}: ${columns}`);
  const ids = new Set(found.map(({ id }) => id));
  const rows = await database.query<{ id: string }>(`select id from ${target} where not deleted`);
  const unlisted = rows.filter(({ id }) => !ids.has(id));
  const extra: string[] = [];
  for (const { id } of unlisted) {
    // What a deleted customer paid with is in no list, and still there.
    const isThere = await account.get(`${listed.path}/${id}`).then(
      () => true,
      () => false,
    );
    if (!isThere) extra.push(`${name} ${id}: Stripe has none`);
  }
  return [...differing, ...extra];
}
