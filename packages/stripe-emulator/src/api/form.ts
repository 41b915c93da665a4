import { invalid } from "./errors.ts";

export type FormValue = string | FormValue[] | FormHash;
export interface FormHash {
  [key: string]: FormValue;
}

export const MAX_DEPTH = 10;

export const nestedTooDeeply = () => invalid("The parameters are nested too deeply.", "parameters_nested_too_deep");

const NAME = /^[^[\]]+(\[[^[\]]*\])*$/;

/**
 * Decodes Stripe's form encoding: `a[b]=1`, `a[0][c]=2` and `a[]=3`. The query of a GET is encoded the same way.
 * Throws Stripe's 400 for what is not so encoded.
 */
export function decodeForm(text: string): FormHash {
  if (!isEncoded(text)) throw invalid("Invalid request: the parameters have an invalid %-encoding.");
  const root: FormHash = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) assign(root, pathOf(name), value);
  return arraysIn(root) as FormHash;
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** `a[b][c]` is a path; a name with stray brackets is a name. */
function pathOf(name: string): string[] {
  const open = name.indexOf("[");
  if (open === -1 || !NAME.test(name)) return [name];
  const path = [
    name.slice(0, open),
    ...[...name.slice(open).matchAll(/\[([^[\]]*)\]/g)].map((match) => match[1] ?? ""),
  ];
  if (path.length > MAX_DEPTH) throw nestedTooDeeply();
  return path;
}

function assign(hash: FormHash, path: string[], value: string): void {
  const [head, ...rest] = path;
  const key = head === "" ? nextIndex(hash, rest[0]) : (head ?? "");
  if (rest.length === 0) {
    if (typeof hash[key] === "object")
      throw invalid(`Invalid string: ${key} is given as an object, too.`, undefined, key);
    hash[key] = value;
    return;
  }
  const child = hash[key] ?? Object.create(null);
  if (typeof child === "string") throw invalid(`Invalid object: ${key} is given as text, too.`, undefined, key);
  hash[key] = child;
  assign(child, rest, value);
}

/** `a[][b]=1&a[][c]=2` is one element, until a key comes again. */
function nextIndex(hash: FormHash, within: string | undefined): string {
  const count = Object.keys(hash).length;
  const last = hash[String(count - 1)];
  const open = within !== undefined && within !== "" && typeof last === "object" && !(within in last);
  return String(open ? count - 1 : count);
}

/** A hash whose keys count up from 0 was an array. */
function arraysIn(value: FormValue): FormValue {
  if (typeof value === "string" || Array.isArray(value)) return value;
  const keys = Object.keys(value);
  if (keys.length > 0 && keys.every((_, index) => value[String(index)] !== undefined)) {
    return keys.map((_, index) => arraysIn(value[String(index)] ?? ""));
  }
  const hash: FormHash = Object.create(null);
  for (const key of keys) hash[key] = arraysIn(value[key] ?? "");
  return hash;
}
