import { type ApiError, emptyParameter, invalid, missingParameter } from "./errors.ts";
import type { FormHash, FormValue } from "./form.ts";
import { type Kind, type Operation, stripeApi } from "./stripe-api.ts";

/**
 * Judges a request by what Stripe takes, as the SDK declares it: unknown, mistyped and missing parameters and wrong words
 * are refused as Stripe refuses them. What gets past is Stripe's, and a route's own readers turn it into values; what
 * they do not know then is something of Stripe's that the emulator does not model.
 *
 * An empty string is left to the readers wherever text or a hash is meant: Stripe lets many of them be unset that the SDK
 * does not declare so. A list can be emptied where that is declared: without items there is no subscription.
 */
export function checkParameters({ params }: Operation, form: FormHash): void {
  if (params !== undefined) checkHash(params, form, "");
}

function checkHash(name: string, hash: FormHash, prefix: string): void {
  const fields = stripeApi.hashes[name] ?? {};
  const named = (key: string) => (prefix === "" ? key : `${prefix}[${key}]`);
  const kindOf = (key: string): Kind | undefined => own(fields, key) ?? own(fields, `${key}!`);
  const unknown = Object.keys(hash).filter((key) => kindOf(key) === undefined);
  if (unknown[0] !== undefined) throw unknownParameters(unknown, Object.keys(fields), named);
  for (const [key, value] of Object.entries(hash)) check(kindOf(key) ?? "any", value, named(key));
  for (const key of Object.keys(fields)) {
    const required = /^(.+)!$/.exec(key)?.[1];
    if (required !== undefined && hash[required] === undefined) throw missingParameter(named(required));
  }
}

const own = (fields: Record<string, Kind>, key: string) => (Object.hasOwn(fields, key) ? fields[key] : undefined);

function check(kind: Kind, value: FormValue, param: string): void {
  if (Array.isArray(kind)) checkAny(kind, value, param);
  else if (typeof kind === "string") checkScalar(kind, value, param);
  else if ("words" in kind) checkWord(kind.words, value, param);
  else if ("array" in kind) {
    if (value === "") throw emptyParameter(param);
    if (!Array.isArray(value)) throw invalid("Invalid array", undefined, param);
    for (const [index, item] of value.entries()) check(kind.array, item, `${param}[${index}]`);
  } else if (value !== "" && "hash" in kind) {
    if (!isHash(value)) throw invalid("Invalid object", "parameter_invalid", param);
    checkHash(kind.hash, value, param);
  }
}

/** By the alternative that has the value's shape: of several for text, the one that it fits, or the last. */
function checkAny(kinds: readonly Kind[], value: FormValue, param: string): void {
  if (value === "" && kinds.includes("empty")) return;
  const shaped = kinds.filter((kind) => kind !== "empty" && isText(kind) === (typeof value === "string"));
  const fitting = shaped.find(
    (kind) => typeof kind === "object" && "words" in kind && kind.words.includes(String(value)),
  );
  check(
    fitting ?? shaped.findLast((kind) => typeof kind === "string") ?? shaped.at(-1) ?? kinds.at(-1) ?? "any",
    value,
    param,
  );
}

const isHash = (value: FormValue): value is FormHash => typeof value === "object" && !Array.isArray(value);
const isText = (kind: Kind) => (typeof kind === "string" ? kind !== "map" : "words" in kind);

const FORMS: Record<string, { pattern: RegExp; code?: string; noun: string }> = {
  number: { pattern: /^-?\d+(\.\d+)?$/, code: "parameter_invalid_integer", noun: "integer" },
  boolean: { pattern: /^(true|false)$/, noun: "boolean" },
  string: { pattern: /^/, noun: "string" },
};

function checkScalar(kind: string, value: FormValue, param: string): void {
  if (kind === "map") {
    if (typeof value === "string" && value !== "") throw invalid("Invalid object", "parameter_invalid", param);
    return;
  }
  const form = FORMS[kind];
  if (!form) return;
  if (value === "" && kind !== "string") throw emptyParameter(param);
  if (typeof value === "string" && form.pattern.test(value)) return;
  const shown = typeof value === "string" ? value : JSON.stringify(value);
  throw invalid(`Invalid ${form.noun}: ${shown}`, form.code, param);
}

function checkWord(words: readonly string[], value: FormValue, param: string): void {
  if (value === "") throw emptyParameter(param);
  if (typeof value !== "string") throw invalid(`Invalid string: ${JSON.stringify(value)}`, undefined, param);
  if (words.includes(value)) return;
  const choice = words.length === 1 ? words[0] : `one of ${words.slice(0, -1).join(", ")}, or ${words.at(-1)}`;
  throw invalid(`Invalid ${param}: must be ${choice}`, undefined, param);
}

function unknownParameters(
  unknown: readonly string[],
  known: readonly string[],
  named: (key: string) => string,
): ApiError {
  const [first = ""] = unknown;
  const meant = known
    .map((key) => key.replace("!", ""))
    .find((key) => distance(first, key) <= Math.min(2, first.length / 2));
  const hint = unknown.length === 1 && meant !== undefined ? `. Did you mean ${meant}?` : "";
  const list = unknown.map(named).join(", ");
  const message = `Received unknown parameter${unknown.length === 1 ? "" : "s"}: ${list}${hint}`;
  return invalid(message, "parameter_unknown", named(first));
}

/** How many letters must be added, dropped or changed to get from one word to the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [above, letter] of [...from].entries()) {
    const next = [above + 1];
    for (const [index, other] of [...to].entries()) {
      const changed = (row[index] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
