import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Operation, operationOf, type StripeApi } from "../src/api/stripe-api.ts";
import { ROUTES } from "../src/resources/routes.ts";
import type { Expression, Method } from "./declaration-parser.ts";
import { Declarations } from "./declarations.ts";
import { ExpandableTypes } from "./expandable-types.ts";
import { ParameterTypes } from "./parameter-types.ts";

const RESOURCES = join(dirname(createRequire(import.meta.url).resolve("stripe")), "../esm/resources");

const CLASS = /^export class (\w+) /m;
const REQUEST = /^ {4}(\w+)\([^)]*\) \{\n(?:.*\n){0,3}? +return this\._makeRequest\('(\w+)', ['`]([^'`]+)['`]/gm;

/** One call of the SDK: its address, and how it is declared. */
export interface Call {
  operation: string;
  method: Method;
}

/** All calls of the SDK to `/v1`: the addresses from its code, the types from its declarations. */
export function readCalls(declarations: Declarations): Call[] {
  const files = readdirSync(RESOURCES, { recursive: true, encoding: "utf8" })
    .filter((file) => /(?<!index)\.js$/.test(file) && !/^(V2|OAuth)/.test(file))
    .sort();
  return files.flatMap((file) => {
    const source = readFileSync(join(RESOURCES, file), "utf8");
    const name = CLASS.exec(source)?.[1];
    if (name === undefined) return [];
    const methods = declarations.file(join(RESOURCES, file.replace(/\.js$/, ".d.ts"))).names.get(name)?.methods ?? [];
    return [...source.matchAll(REQUEST)].map(([, called, verb = "", path = ""]) => {
      const method = methods.find((declared) => declared.name === called);
      if (!method) throw new Error(`${file} declares no ${called}.`);
      return { operation: operationOf(verb, path.replaceAll(/\$\{[^}]*\}/g, ":id")), method };
    });
  });
}

/** What a method answers with: `Promise<Response<X>>`, or a promise of a list or search result of X. */
export function answerOf({ returns }: Method): { type: Expression; list?: true | "search" } | undefined {
  if (returns.kind !== "name") return undefined;
  const [inner] = returns.args;
  if (returns.name === "ApiListPromise") return inner && { type: inner, list: true };
  if (returns.name === "ApiSearchResultPromise") return inner && { type: inner, list: "search" };
  const [type] = inner?.kind === "name" ? inner.args : [];
  return type && { type };
}

/**
 * The SDK's declarations, as the emulator needs them to judge requests: all addresses, and for those that it serves the
 * parameters and what their answers can expand.
 */
export function readStripeApi(): StripeApi {
  const served = new Set(ROUTES.map(({ method, path }) => operationOf(method, path)));
  const declarations = new Declarations();
  const parameters = new ParameterTypes(declarations);
  const expandable = new ExpandableTypes(declarations);
  const operations: Record<string, Operation> = {};
  for (const { operation, method } of readCalls(declarations)) {
    operations[operation] = {};
    if (!served.has(operation)) continue;
    const params = method.parameters.find(({ name }) => name === "params")?.type;
    const found = params?.kind === "name" ? declarations.find(params.name, params.scope) : undefined;
    const answer = answerOf(method);
    // An event shows its object as it was: nothing in it can be expanded.
    const types = answer && !/ \/v1\/events\b/.test(operation) ? expandable.typesOf(answer.type) : [];
    operations[operation] = {
      ...(found ? { params: parameters.hash(found) } : {}),
      ...(types.length > 0 ? { answer: types } : {}),
      ...(answer?.list ? { list: answer.list } : {}),
    };
  }
  const answers = new Set(Object.values(operations).flatMap(({ answer = [] }) => answer));
  return { operations, hashes: parameters.hashes, expandable: expandable.leadsFrom(answers) };
}

/** One line for each operation, hash and type: small, and changes can be read. */
export function writeStripeApi(api: StripeApi): string {
  const tables = Object.entries(api).map(([name, table]) => {
    const lines = Object.entries(table).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
    return `"${name}": {\n${lines.join(",\n")}\n}`;
  });
  return `{\n${tables.join(",\n")}\n}\n`;
}
