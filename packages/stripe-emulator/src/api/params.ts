import type Stripe from "stripe";
import { emptyParameter, invalid, missingParameter, notModelled } from "./errors.ts";
import type { FormHash, FormValue } from "./form.ts";

/** Turns a form value into a typed one, or throws Stripe's 400 naming the parameter. */
export interface Reader<T> {
  (value: FormValue, param: string): T;
  /** What is in it, where it is a hash or an array of such. */
  readonly within?: Schema<Fields, string> | undefined;
}

/** Readers by parameter name; `satisfies Fields<keyof Stripe.XParams>` ties the names to the pinned SDK. */
export type Fields<Names extends PropertyKey = string> = { readonly [K in Names]?: Reader<unknown> };

type Read<F> = { [K in keyof F]?: F[K] extends Reader<infer T> ? T : never };
/** What a parameter schema reads: every field optional but the required ones. */
export type ParamsOf<S> = S extends Schema<infer F, infer R> ? Read<F> & Required<Pick<Read<F>, R & keyof F>> : never;

export interface Schema<F extends Fields, R extends string> {
  readonly fields: F;
  readonly required: readonly R[];
}

export const schema = <const F extends Fields, const R extends keyof F & string = never>(
  fields: F,
  required: readonly R[] = [],
): Schema<F, R> => ({ fields, required });

/**
 * Reads a decoded form by a schema. The form was checked by what Stripe takes (check-parameters.ts): whatever is not in
 * the schema is Stripe's, and not modelled.
 */
export function readParams<S extends Schema<Fields, string>>(
  { fields, required }: S,
  form: FormHash,
  prefix = "",
): ParamsOf<S> {
  const named = (key: string) => (prefix === "" ? key : `${prefix}[${key}]`);
  const read: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(form)) {
    const reader = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (!reader) throw notModelled(`the parameter ${named(key)}`, named(key));
    read[key] = reader(value, named(key));
  }
  for (const key of required) if (read[key] === undefined) throw missingParameter(named(key));
  return read as ParamsOf<S>;
}

/** Characters as Stripe counts them: one beyond U+FFFF is one. */
const lengthOf = (word: string) => [...word].length;

/** A text of so many characters at most: https://github.com/stripe/openapi says of each parameter how many. */
export const atMost =
  (most: number): Reader<string> =>
  (value, param) => {
    if (typeof value !== "string") throw invalid(`Invalid string: ${JSON.stringify(value)}`, undefined, param);
    if (value === "") throw emptyParameter(param);
    if (value.length <= most || lengthOf(value) <= most) return value;
    throw invalid(`Invalid string: ${cutWord(value)}; must be at most ${most} characters`, undefined, param);
  };

const cutWord = (word: string) => `${word.slice(0, 10)}...${word.slice(-10)}`;

/** What nothing else is said of. */
export const text = atMost(5000);

export const integer: Reader<number> = (value, param) => {
  const word = text(value, param);
  if (!/^-?\d{1,15}$/.test(word)) throw invalid(`Invalid integer: ${word}`, "parameter_invalid_integer", param);
  return Number(word);
};

export const integerIn =
  (least: number, most: number): Reader<number> =>
  (value, param) => {
    const read = integer(value, param);
    if (read >= least && read <= most) return read;
    const bound = read < least ? `greater than or equal to ${least}` : `less than or equal to ${most}`;
    throw invalid(`This value must be ${bound}.`, "parameter_invalid_integer", param);
  };

export const boolean: Reader<boolean> = (value, param) => {
  const word = text(value, param);
  if (word !== "true" && word !== "false") throw invalid(`Invalid boolean: ${word}`, undefined, param);
  return word === "true";
};

export const email: Reader<string> = (value, param) => {
  const word = atMost(512)(value, param);
  if (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(word)) return word;
  throw invalid(`Invalid email address: ${word}`, "email_invalid", param);
};

/** `''` unsets: it reads as null. */
export const clearable = <T>(reader: Reader<T>): Reader<T | null> =>
  Object.assign((value: FormValue, param: string) => (value === "" ? null : reader(value, param)), {
    within: reader.within,
  });

/** The words that are modelled: Stripe may know more. */
export const oneOf =
  <const T extends string>(...words: T[]): Reader<T> =>
  (value, param) => {
    const found = words.find((word) => word === text(value, param));
    if (found !== undefined) return found;
    throw notModelled(`the value ${JSON.stringify(value)} of ${param}`, param);
  };

/** @param most how many it takes, where Stripe says so */
export const arrayOf = <T>(reader: Reader<T>, most = Number.POSITIVE_INFINITY): Reader<T[]> =>
  Object.assign(
    (value: FormValue, param: string) => {
      if (value === "") return [];
      if (!Array.isArray(value)) throw invalid("Invalid array", undefined, param);
      if (value.length > most)
        throw invalid(`Array ${param} exceeded maximum ${most} allowed elements.`, undefined, param);
      return value.map((item, index) => reader(item, `${param}[${index}]`));
    },
    { within: reader.within },
  );

export const hashOf = <S extends Schema<Fields, string>>(inner: S): Reader<ParamsOf<S>> =>
  Object.assign(
    (value: FormValue, param: string) => {
      if (typeof value === "string" || Array.isArray(value))
        throw invalid("Invalid object", "parameter_invalid", param);
      return readParams(inner, value, param);
    },
    { within: inner },
  );

/** A hash of any keys that are one of a kind. */
export const mapOf =
  <T>(key: Reader<string>, reader: Reader<T>): Reader<Record<string, T>> =>
  (value, param) => {
    if (typeof value === "string" || Array.isArray(value)) throw invalid("Invalid object", "parameter_invalid", param);
    const entries = Object.entries(value).map(([name, inner]) => [
      key(name, `${param}[${name}]`),
      reader(inner, `${param}[${name}]`),
    ]);
    return Object.fromEntries(entries);
  };

/** https://docs.stripe.com/metadata#data */
const MOST_KEYS = 50;
const LONGEST_KEY = 40;
const LONGEST_VALUE = 500;

function refuseLongMetadata(read: Stripe.Metadata, param: string): void {
  for (const [key, word] of Object.entries(read)) {
    if (lengthOf(key) > LONGEST_KEY) {
      const message = `Metadata keys can have up to ${LONGEST_KEY} characters, but you passed in a key that is ${lengthOf(key)} characters. Invalid key: ${key}`;
      throw invalid(message, undefined, param);
    }
    if (lengthOf(word) > LONGEST_VALUE) {
      const message = `Metadata values can have up to ${LONGEST_VALUE} characters, but you passed in a value that is ${lengthOf(word)} characters. Invalid value: ${word}`;
      throw invalid(message, undefined, `${param}[${key}]`);
    }
  }
  if (Object.keys(read).length > MOST_KEYS)
    throw invalid(`Metadata can have up to ${MOST_KEYS} keys.`, undefined, param);
}

/** Keys set to `''` are to be removed; `metadata=''` removes all. */
export const metadata: Reader<Stripe.Metadata | null> = clearable((value, param) => {
  if (typeof value === "string") throw invalid("Invalid object", "parameter_invalid", param);
  const read = Object.fromEntries(
    Object.entries(value).map(([key, word]) => {
      if (typeof word !== "string")
        throw invalid(`Invalid string: ${JSON.stringify(word)}`, undefined, `${param}[${key}]`);
      return [key, word];
    }),
  );
  refuseLongMetadata(read, param);
  return read;
});

/** Whether browsers can be sent there. */
export const isWebAddress = (text: string): boolean => URL.canParse(text) && /^https?:/i.test(text);

/** Accepted for clients that send it, without effect in the emulator. */
export const ignored: Reader<unknown> = (value) => value;

/** From one second to another, both within. */
export interface Period {
  from?: number;
  to?: number;
}

/** A moment in seconds, or a range of them: `created=…`, `created[gte]=…`. */
export const range: Reader<Period> = (value, param) => {
  if (typeof value === "string") {
    const exact = integer(value, param);
    return { from: exact, to: exact };
  }
  const { gt, gte, lt, lte } = hashOf(schema({ gt: integer, gte: integer, lt: integer, lte: integer }))(value, param);
  const [from, to] = [
    Math.max(gte ?? -Infinity, (gt ?? -Infinity) + 1),
    Math.min(lte ?? Infinity, (lt ?? Infinity) - 1),
  ];
  return { from, to };
};

export function mergeMetadata(
  old: Stripe.Metadata | null,
  change: Stripe.Metadata | null | undefined,
): Stripe.Metadata {
  if (change === undefined) return old ?? {};
  if (change === null) return {};
  const merged = Object.entries({ ...old, ...change }).filter(([, value]) => value !== "");
  if (merged.length > MOST_KEYS) throw invalid(`Metadata can have up to ${MOST_KEYS} keys.`, undefined, "metadata");
  return Object.fromEntries(merged);
}
