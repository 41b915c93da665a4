import type Stripe from "stripe";
import type { Account } from "./account.ts";
import type { Cloud } from "./cloud.ts";
import type { Database } from "./database.ts";
import type { History } from "./history.ts";
import type { Shop } from "./shop.ts";

/** What a world looks like when it is at rest. */
export interface AtRest {
  account: Account;
  cloud: Cloud;
  database: Database;
  shop: Shop;
  histories: readonly History[];
  /** Events that were delivered, and came to nothing without anybody who looked for them. */
  leftBehind?: readonly string[];
  /** When the sweep began that has gone through all. */
  sweptSince?: number;
}

/** What Stripe holds, read past the network. */
export function stripeOf(account: Account) {
  const list = async <Item extends { id: string }>(path: string, query: object): Promise<Item[]> => {
    const items: Item[] = [];
    for (let more = true; more; ) {
      const search = new URLSearchParams({
        limit: "100",
        ...query,
        ...(items.length > 0 && { starting_after: items.at(-1)?.id }),
      });
      const page = await account.get<Stripe.ApiList<Item>>(`${path}?${search}`);
      items.push(...page.data);
      more = page.has_more;
    }
    return items;
  };
  return { list, subscriptions: () => list<Stripe.Subscription>("/v1/subscriptions", { status: "all" }) };
}

/** Which group a subscription's product is of, by what it costs. */
export const groupOf = ({ items }: Stripe.Subscription) => GROUPS[items.data[0]?.price.unit_amount ?? 0] ?? "pro";
const GROUPS: Record<number, string> = { 900: "addon", 4100: "crowd" };

/** Whom one of our own pages was opened for. */
export const payerIn = ({ metadata }: Stripe.Subscription) => metadata.organization_id ?? metadata.user_id;

/** By customer, whose it is. */
export async function payersIn({ database }: AtRest): Promise<ReadonlyMap<string, string>> {
  const owned = await database.query<{ id: string; payer: string }>(
    "select id, coalesce(organization_id, user_id::text) as payer from public.customers where num_nonnulls(user_id, organization_id) > 0",
  );
  return new Map(owned.map(({ id, payer }) => [id, payer]));
}
