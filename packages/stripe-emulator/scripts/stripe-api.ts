import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Argument, parseSync, Visitor } from "oxc-parser";
import { type Operation, operationOf, type StripeApi } from "../src/api/stripe-api.ts";
import { ROUTES } from "../src/resources/routes.ts";
import type { Expression, Method } from "./declaration-reader.ts";
import { Declarations } from "./declarations.ts";
import { ExpandableTypes } from "./expandable-types.ts";
import { ParameterTypes } from "./parameter-types.ts";

const RESOURCES = join(dirname(createRequire(import.meta.url).resolve("stripe")), "../esm/resources");

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
    const scope = declarations.file(join(RESOURCES, file.replace(/\.js$/, ".d.ts")));
    return requestsOf(join(RESOURCES, file)).map(({ resource, method, verb, path }) => {
      const declared = scope.names.get(resource)?.methods.find(({ name }) => name === method);
      if (!declared) throw new Error(`${file} declares no ${resource}.${method}.`);
      return { operation: operationOf(verb, path), method: declared };
    });
  });
}

/** The requests that a file of the SDK makes: `this._makeRequest('GET', `/v1/customers/${…}`, …)` in a method of a class. */
function requestsOf(file: string): { resource: string; method: string; verb: string; path: string }[] {
  const requests: ReturnType<typeof requestsOf> = [];
  let resource = "";
  let method = "";
  new Visitor({
    ClassDeclaration: ({ id }) => {
      resource = id?.name ?? "";
    },
    MethodDefinition: ({ key }) => {
      method = key.type === "Identifier" ? key.name : "";
    },
    CallExpression: ({ callee, arguments: [verb, path] }) => {
      if (callee.type !== "MemberExpression" || callee.property.type !== "Identifier") return;
      if (callee.property.name !== "_makeRequest" || verb?.type !== "Literal" || !path) return;
      requests.push({ resource, method, verb: String(verb.value), path: addressOf(path) });
    },
  }).visit(parseSync(file, readFileSync(file, "utf8")).program);
  return requests;
}

/** A literal, or a template with ids in it. */
function addressOf(node: Argument): string {
  if (node.type === "Literal") return String(node.value);
  if (node.type === "TemplateLiteral") return node.quasis.map(({ value }) => value.cooked).join(":id");
  throw new Error(`An address of the SDK is neither a word nor a template, but a ${node.type}.`);
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
  // The SDK leaves out what only a browser should send; Stripe takes it of a server, too.
  const { card, type } = parameters.hashes.PaymentMethodCreateParams ?? {};
  const described = parameters.hashes["PaymentIntentCreateParams.PaymentMethodData"];
  if (card && type && described) Object.assign(described, { card, "type!": type });
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
