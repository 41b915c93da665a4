import { readFileSync } from "node:fs";

/**
 * What a parameter may be: `string`, `number`, `boolean`, `map` (any keys, such as metadata), `any`, `empty` (`''` unsets
 * it), one of some words, an array, a hash of one of the forms in `hashes`, or one of several of these.
 */
export type Kind = string | { words: string[] } | { array: Kind } | { hash: string } | Kind[];

/** The parameters of a hash by name; the names of required ones end in `!`. */
export type Fields = Record<string, Kind>;

/**
 * Where an attribute leads: by id to objects of these types, to a list, to one that is there only when asked for, or
 * into something that is always there.
 */
export type Lead = { ids: string[] } | { list: string } | { includable: string } | { within: string[] };

/**
 * A call: the form of its parameters, and the types of its answer (several where it may be a deleted one), or of what it lists, as
 * a list or as the result of a search.
 */
export interface Operation {
  params?: string;
  answer?: string[];
  list?: true | "search";
}

/** Stripe's API as the pinned SDK declares it. */
export interface StripeApi {
  /** By method and address: `POST /v1/refunds/:id`. Empty for those that the emulator lacks. */
  operations: Record<string, Operation>;
  hashes: Record<string, Fields>;
  /** The attributes of each type that can be expanded, or that lead to such. */
  expandable: Record<string, Record<string, Lead>>;
}

/** The name of an operation, whatever the variables in its address are called. */
export const operationOf = (method: string, path: string): string => `${method} ${path.replaceAll(/:\w+/g, ":id")}`;

const FILE = new URL("stripe-api.json", import.meta.url);

/** Written by `npm run generate`: see scripts/stripe-api.ts. */
export const stripeApi = JSON.parse(readFileSync(FILE, "utf8")) as StripeApi;
