import { invalid } from "./errors.ts";
import { MAX_DEPTH, nestedTooDeeply } from "./form.ts";

/** A JSON body, as v2 of the API takes it, in the encoding of all others: what reads parameters then knows one kind. */
export function formOfJson(body: string): string {
  const form = new URLSearchParams();
  put(form, "", parsed(body));
  return form.toString();
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw invalid("Invalid JSON in the request's body.");
  }
}

function put(form: URLSearchParams, name: string, value: unknown, depth = 0): void {
  if (depth > MAX_DEPTH) throw nestedTooDeeply();
  if (typeof value !== "object" || value === null) {
    if (name === "") throw invalid("The request's body must be a JSON object.");
    if (value !== null) form.append(name, String(value));
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    put(form, name === "" ? key : `${name}[${key}]`, inner, depth + 1);
  }
}
