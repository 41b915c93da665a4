import type Stripe from "stripe";

type Entity = { id: string; object: string };

/**
 * A Stripe object as it travels and is kept: decimals are strings, and whatever can be expanded is an id.
 * The SDK's own types describe what comes out of its client instead.
 */
export type Stored<T> = [Extract<T, string>] extends [never]
  ? Kept<T>
  : [Extract<T, Entity>] extends [never]
    ? Kept<T>
    : string | Extract<T, null | undefined>;

type Kept<T> = T extends Stripe.Decimal
  ? string
  : T extends string | number | boolean | null | undefined
    ? T
    : T extends (infer Item)[]
      ? Stored<Item>[]
      : T extends object
        ? { [K in keyof T]: Stored<T[K]> }
        : T;

export type List<T> = { object: "list"; data: T[]; has_more: boolean; url: string };

export const listOf = <T>(url: string, data: T[], hasMore = false): List<T> => ({
  object: "list",
  data,
  has_more: hasMore,
  url,
});
