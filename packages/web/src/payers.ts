import type { Account } from "./account.ts";
import type { Customer } from "./billing.ts";

/** One whose billing the user manages: themselves, or an organisation. */
export interface Payer {
  /** Nothing: the user. */
  organizationId: string | undefined;
  name: string;
}

/** The user first, then the organisations that have ever bought something. */
export function payersOf(customers: Customer[]): Payer[] {
  const organizations = new Map<string, string>();
  for (const { organization_id: id, name } of customers)
    if (id) organizations.set(id, name || organizations.get(id) || "Your organisation");
  return [
    { organizationId: undefined, name: "Yourself" },
    ...[...organizations].map(([organizationId, name]) => ({ organizationId, name })),
  ];
}

/** What of an account is a payer's. What somebody else pays for the user is the user's. */
export function ofPayer<Part extends Pick<Account, "subscriptions" | "payments" | "customers">>(
  account: Part,
  { organizationId }: Payer,
): Part {
  const isTheirs = (customerId: string | null) =>
    (account.customers.find(({ id }) => id === customerId)?.organization_id ?? undefined) === organizationId;
  return {
    ...account,
    subscriptions: account.subscriptions.filter(({ customer_id }) => isTheirs(customer_id)),
    payments: account.payments.filter(({ customer_id }) => isTheirs(customer_id)),
    customers: account.customers.filter(({ organization_id }) => (organization_id ?? undefined) === organizationId),
  };
}
