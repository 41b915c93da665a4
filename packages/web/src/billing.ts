import { getDatabase, type Tables } from "./supabase.ts";

export type Subscription = Pick<
  Tables["user_subscriptions"]["Row"],
  | "id"
  | "customer_id"
  | "status"
  | "is_live"
  | "price_id"
  | "product_id"
  | "quantity"
  | "items"
  | "currency"
  | "current_period_end"
  | "trial_start"
  | "trial_end"
  | "ends_at"
  | "ended_at"
  | "paused"
  | "created_at"
>;

/** Whether it ends on a day beyond its period, which neither the pages nor the portal choose: it is charged until then. */
export function endsLater({ ends_at, current_period_end }: Subscription): boolean {
  return ends_at !== null && current_period_end !== null && Date.parse(ends_at) > Date.parse(current_period_end);
}

/** Whether a subscription stands in the way of another: it runs, or waits for its first payment. */
export function isStanding({ is_live, status }: Subscription): boolean {
  return is_live || status === "incomplete";
}

/** The subscriptions that the user may see, the newest first; row-level security leaves out everybody else's. */
export async function loadSubscriptions(): Promise<Subscription[]> {
  const { data } = await getDatabase()
    .from("user_subscriptions")
    .select(
      "id, customer_id, status, price_id, product_id, quantity, items, currency, current_period_end, trial_start, trial_end, ends_at, ended_at, paused, is_live, created_at",
    )
    .order("created_at", { ascending: false })
    .throwOnError();
  return data;
}

/** That a subscription becomes another: by itself at that moment, or when it is paid until then. */
export interface UpcomingChange {
  subscription_id: string;
  kind: "change" | "change_when_paid";
  at: string;
  /** Of the first item. */
  price_id: string | null;
  quantity: number | null;
}

/** What the user's subscriptions will become, the soonest first. That they end, or renew, stands on themselves. */
export async function loadUpcomingChanges(): Promise<UpcomingChange[]> {
  const { data } = await getDatabase()
    .from("upcoming_changes")
    .select("subscription_id, kind, at, price_id, quantity")
    .in("kind", ["change", "change_when_paid"])
    .order("at")
    .overrideTypes<UpcomingChange[], { merge: false }>()
    .throwOnError();
  return data;
}

export type Customer = Pick<Tables["customers"]["Row"], "id" | "user_id" | "organization_id" | "name">;

/** The Stripe customers whose billing the user manages: their own, and those of organisations. */
export async function loadCustomers(): Promise<Customer[]> {
  const { data } = await getDatabase().from("customers").select("id, user_id, organization_id, name").throwOnError();
  return data;
}

/** The subscriptions that the user bought, not those of an organisation whose billing the user manages. */
export async function loadOwnSubscriptions(userId: string): Promise<Subscription[]> {
  const [customers, subscriptions] = await Promise.all([loadCustomers(), loadSubscriptions()]);
  const own = customers.filter(({ user_id }) => user_id === userId);
  return subscriptions.filter(({ customer_id }) => own.some(({ id }) => id === customer_id));
}
