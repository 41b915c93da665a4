import { formatMoney } from "../../billing/money.ts";
import { TABLE_NAMES, type TableName } from "../../state/rows.ts";
import type { Store } from "../../state/store.ts";

/** A row that is an object of Stripe's API. */
export interface StripeObject {
  id: string;
  object: string;
  [key: string]: unknown;
}

// Events have screens of their own, and the account is there before anybody made anything.
const OTHERS: readonly TableName[] = ["events", "accounts"];
const TABLES = (Object.keys(TABLE_NAMES) as TableName[]).filter((name) => !OTHERS.includes(name));

const isObject = (row: object | undefined): row is StripeObject => row !== undefined && "object" in row;

/** By its id, of whatever type but an event. */
export function findObject(store: Store, id: string): StripeObject | undefined {
  for (const name of TABLES) {
    const row = store[name].find(id);
    if (isObject(row)) return row;
  }
  return undefined;
}

/** All objects by their type, oldest first. */
export function objectsByType(store: Store): Map<string, StripeObject[]> {
  const types = new Map<string, StripeObject[]>();
  for (const name of TABLES) {
    for (const row of store[name].all()) {
      if (!isObject(row)) continue;
      const known = types.get(row.object);
      if (known) known.push(row);
      else types.set(row.object, [row]);
    }
  }
  return types;
}

/** In the words of the API: `checkout.session` → `Checkout session`. */
export function nameType(type: string): string {
  const words = type.replaceAll(/[._]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const firstText = (...values: unknown[]): string => values.find((value): value is string => Boolean(value)) ?? "";

/** What tells an object from others of its type. */
export const labelOf = (row: StripeObject): string =>
  firstText(row.name, row.email, row.nickname, row.description, row.number, row.lookup_key, row.url, row.type);

export function amountOf({ currency, amount_total, amount, unit_amount, total }: StripeObject): string {
  const found = [amount_total, amount, unit_amount, total].find((value) => typeof value === "number");
  return typeof found === "number" && typeof currency === "string" ? formatMoney(found, currency) : "";
}

export function statusOf({ status, active, deleted }: StripeObject): string {
  if (typeof status === "string") return status.replaceAll("_", " ");
  if (deleted === true) return "deleted";
  return active === false ? "archived" : "";
}
