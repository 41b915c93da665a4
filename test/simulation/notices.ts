import { readEvent } from "@turnpike/core/mirror";
import type Stripe from "stripe";
import { type AtRest, groupOf, payerIn, payersIn, stripeOf } from "./at-rest.ts";
import { namedOf } from "./owners.ts";

/** What the ledger and the outbox say at rest, and what was done about it. */

interface Notice {
  source_id: string;
  kind: string;
  object_id: string;
  sent_at: string | null;
  last_error: string | null;
  created_at: string;
}

export const NOTICE_ORACLES: Record<string, (world: AtRest) => Promise<string[]>> = {
  "every notice is done, and what failed is not": async (world) =>
    (await noticesOf(world)).flatMap(({ kind, object_id, sent_at, last_error }) =>
      sent_at === null || last_error !== null ? [`${kind} of ${object_id}: ${last_error ?? "not done"}`] : [],
    ),

  "what is done though only the operator can do more was told": async (world) => {
    const told = world.cloud.mails.map(({ text }) => text).join("\n");
    return (await noticesOf(world)).flatMap(({ kind, object_id, sent_at }) =>
      ALWAYS_TOLD.has(kind) && sent_at !== null && !told.includes(object_id) ? [`${kind} of ${object_id}`] : [],
    );
  },

  "whatever an event must tell is in the outbox": async (world) => {
    const written = new Set((await noticesOf(world)).map(({ source_id, kind }) => `${kind} ${source_id}`));
    return shownIn(world).flatMap(({ event, notify }) =>
      notify && !written.has(`${notify} ${event.id}`) ? [`${notify} of ${event.id}`] : [],
    );
  },

  "no notice is without its cause": async (world) => {
    const notices = await noticesOf(world);
    const left = new Set(notices.flatMap(({ kind, object_id }) => (kind === "customer_orphaned" ? [object_id] : [])));
    const gone = new Set<string>(world.histories.flatMap(({ customer }) => (customer.deleted ? [customer.id] : [])));
    const held = new Map((await stripeOf(world.account).subscriptions()).map((found) => [found.id, found]));
    const named = await namedOf(world);
    // Whose it was has left since.
    const hadAnother = (customer: string) => [...(named.get(customer)?.people ?? [])].some((id) => gone.has(id));
    // It may have been of another group by then. Events that were never made say so, too: whoever asked Stripe has seen it.
    const all = world.account.allEvents();
    const claims = new Set(all.flatMap(claimIn));
    const everShown = Map.groupBy(all, ({ data }) => (data.object as { id: string }).id);
    const groups = (id: string) =>
      (everShown.get(id) ?? []).map(({ data }) => groupOf(data.object as unknown as Stripe.Subscription));
    // Of one that had not arrived, or arrived along with it, the group was not known: Stripe was asked, and nothing else was done.
    const arrivals = new Map(
      (
        await world.database.query<{ object_id: string; arrived: string }>(
          "select object_id, min(recorded_at) as arrived from billing.stripe_events where object_id like 'prod_%' group by object_id",
        )
      ).map(({ object_id, arrived }) => [object_id, arrived]),
    );
    const hadNotArrived = (id: string, by: string) =>
      productsOf(held.get(id)).some((product) => !(Date.parse(arrivals.get(product) ?? "") < Date.parse(by)));
    const owners = new Map(
      (
        await world.database.query<{ id: string; owner: string | null }>(
          "select id, coalesce(organization_id, user_id::text) as owner from public.customers",
        )
      ).map(({ id, owner }) => [id, owner]),
    );
    return notices.flatMap(({ kind, source_id, object_id, created_at }) => {
      // Its own metadata may name somebody who has left, whosever the customer is since.
      const namesGone = gone.has(held.get(object_id)?.metadata.user_id ?? "");
      const isOrphan = kind === "subscription_orphaned" && owners.get(source_id) && !left.has(source_id) && !namesGone;
      const isOwner = owners.get(object_id) === source_id && !hadAnother(object_id);
      const isRefused = kind === "claim_refused" && (isOwner || !claims.has(`${object_id} ${source_id}`));
      const isDouble =
        kind === "double_subscription" &&
        ![source_id, object_id].some((id) => hadNotArrived(id, created_at)) &&
        !groups(source_id).some((group) => groups(object_id).includes(group));
      return isOrphan || isRefused || isDouble ? [`${kind} of ${object_id}, by ${source_id}`] : [];
    });
  },

  "only what is bought beside another one that runs is undone": async ({ account }) => {
    const all = await stripeOf(account).subscriptions();
    const held = new Map(all.map((found) => [found.id, found]));
    return all.flatMap((undone) => {
      const [, id = ""] = /bought beside (\w+)/.exec(undone.cancellation_details?.comment ?? "") ?? [];
      const standing = held.get(id);
      const ranOn = (standing?.ended_at ?? Number.POSITIVE_INFINITY) >= undone.created;
      return id && !(areOfOneGroup(standing, undone) && ranOn) ? [`${undone.id} beside ${id}`] : [];
    });
  },

  "what was paid first is what the page promised": async ({ account, shop, histories }) => {
    const numbers = new Set([1, ...histories.flatMap(({ customer }) => customer.seats)]);
    const { list, subscriptions } = stripeOf(account);
    const sold = new Map((await subscriptions()).map((found) => [found.id, found]));
    const invoices = await list<Stripe.Invoice>("/v1/invoices", { status: "paid" });
    return invoices.flatMap(({ id, billing_reason, amount_paid, parent, lines }) => {
      const subscription = sold.get(String(parent?.subscription_details?.subscription));
      if (billing_reason !== "subscription_create" || subscription?.metadata.sold_by !== "turnpike") return [];
      const { amount = 0, quantity } = lines.data[0] ?? {};
      const promised = subscription.trial_start ? 0 : amount;
      const isOfPage = [0, ...shop.amounts].includes(promised / (quantity ?? 1));
      return amount_paid === promised && isOfPage && numbers.has(quantity ?? 1)
        ? []
        : [`${id}: ${amount_paid} instead of ${promised}, for ${quantity}`];
    });
  },

  "a change of plan is charged as it was shown": async (world) => {
    const { shop, histories } = world;
    const { list, subscriptions } = stripeOf(world.account);
    const payers = await payersIn(world);
    const ours = (await subscriptions()).filter(({ metadata }) => metadata.sold_by === "turnpike");
    // Where seats are counted, it is charged for them, too.
    const counting = new Set<string | undefined>(
      histories.flatMap(({ customer }) => (customer.seats.length > 0 ? [customer.payer] : [])),
    );
    const planned = ours.filter((found) => {
      const known = [payerIn(found), payers.get(String(found.customer))].filter((payer) => payer !== undefined);
      // A guest whose user has left may have been any.
      const isCounted = counting.size > 0 && (known.length === 0 || known.some((payer) => counting.has(payer)));
      return !shop.changedByHand.has(found.id) && !isCounted;
    });
    const ids = new Set(planned.map(({ id }) => id));
    const shown = histories.flatMap(({ customer }) => customer.shown);
    const invoices = await list<Stripe.Invoice>("/v1/invoices", {});
    return invoices.flatMap(({ id, billing_reason, parent, amount_due, status }) => {
      const subscription = String(parent?.subscription_details?.subscription);
      if (billing_reason !== "subscription_update" || !ids.has(subscription) || status !== "paid") return [];
      const amounts = shown.flatMap((each) => (each.subscriptionId === subscription ? [each.amountDue] : []));
      return amounts.includes(amount_due) ? [] : [`${id}: ${amount_due}, and shown was ${amounts}`];
    });
  },

  "the ledger says what became of an event": async (world) => {
    const shown = new Map(shownIn(world).map((each) => [each.event.id, each]));
    const entries = await world.database.query<{ id: string; object_id: string; outcome: string }>(
      "select id, object_id, outcome from billing.stripe_events order by recorded_at",
    );
    const ties = tiesIn(world.account.events());
    const wrong: string[] = [];
    const newest = new Map<string, number>();
    for (const { id, object_id, outcome } of entries) {
      const { event, projection, partial } = shown.get(id) ?? {};
      if (!event || !projection) continue;
      if (projection.deleted && outcome === "stale") wrong.push(`${event.type} ${id} is stale`);
      // What Stripe was asked for is as of then.
      const isSettled = partial || ties.has(secondOf(event));
      if (outcome !== "applied" || projection.deleted || isSettled) continue;
      if (event.created < (newest.get(object_id) ?? 0)) wrong.push(`${event.type} ${id} is applied after a newer one`);
      newest.set(object_id, Math.max(event.created, newest.get(object_id) ?? 0));
    }
    return wrong;
  },
};

const ALWAYS_TOLD: ReadonlySet<string> = new Set(["claim_refused", "dispute_opened", "dispute_closed"]);

const noticesOf = ({ database }: AtRest) =>
  database.query<Notice>(
    "select source_id, kind, object_id, sent_at, last_error, created_at from billing.outbox order by id",
  );

const shownIn = ({ account }: AtRest) => account.events().flatMap((event) => readEvent(event as Stripe.Event) ?? []);

const productsOf = (subscription: Stripe.Subscription | undefined) =>
  subscription?.items.data.map(({ price }) => String(price.product)) ?? [];

/** Which customer an event says to be whose. */
function claimIn({ data }: Stripe.Event): string[] {
  const shown = data.object as Stripe.Customer | Stripe.Checkout.Session;
  if (shown.object !== "customer" && shown.object !== "checkout.session") return [];
  const { organization_id, user_id } = shown.metadata ?? {};
  return [`${shown.object === "customer" ? shown.id : shown.customer} ${organization_id ?? user_id}`];
}

/** In which seconds of which object more than one thing happened. */
function tiesIn(events: Stripe.Event[]): Set<string> {
  return new Set([...Map.groupBy(events, secondOf)].flatMap(([second, same]) => (same.length > 1 ? [second] : [])));
}

const secondOf = ({ created, data }: Stripe.Event) => `${created} ${(data.object as { id?: string }).id}`;

function areOfOneGroup(one: Stripe.Subscription | undefined, other: Stripe.Subscription | undefined): boolean {
  return one !== undefined && other !== undefined && groupOf(one) === groupOf(other);
}
