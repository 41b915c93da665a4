import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Fields, ignored, type Schema } from "../src/api/params.ts";
import { type Kind, operationOf, type Fields as Stripes, stripeApi } from "../src/api/stripe-api.ts";
import { ROUTES } from "../src/resources/routes.ts";
import { readClientRuns } from "./clients.ts";
import { IGNORED } from "./ignored.ts";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
export const CONFORMANCE = `${PACKAGE}CONFORMANCE.md`;

/** What becomes of an operation's parameters; what is in another one is called `items[price]`. */
export interface Parameters {
  modelled: string[];
  ignored: string[];
  /** What the SDK declares and the emulator refuses by name; what is in a refused one is not listed. */
  refused: string[];
}

/** Of every operation that is served, by `POST /v1/refunds`. */
export function parametersOf(): Map<string, Parameters> {
  const served = ROUTES.map(({ method, path, params }): [string, Parameters] => {
    const found: Parameters = { modelled: [], ignored: [], refused: [] };
    const name = stripeApi.operations[operationOf(method, path)]?.params;
    walk(params, name === undefined ? undefined : stripeApi.hashes[name], "", found);
    return [`${method} ${path}`, found];
  });
  return new Map(served);
}

function walk(
  { fields }: Schema<Fields, string>,
  stripes: Stripes | undefined,
  prefix: string,
  found: Parameters,
): void {
  const named = (key: string) => (prefix === "" ? key : `${prefix}[${key}]`);
  const kinds = new Map(Object.entries(stripes ?? {}).map(([key, kind]) => [key.replace(/!$/, ""), kind]));
  for (const [key, reader] of Object.entries(fields)) {
    if (!reader) continue;
    found[reader === ignored ? "ignored" : "modelled"].push(named(key));
    if (reader.within) walk(reader.within, hashOf(kinds.get(key)), named(key), found);
  }
  for (const key of kinds.keys()) if (!fields[key] && key !== "expand") found.refused.push(named(key));
}

/** The form of a hash, or of what an array holds; undefined where it has none, or several. */
function hashOf(kind: Kind | undefined): Stripes | undefined {
  if (kind === undefined || typeof kind === "string") return undefined;
  if (Array.isArray(kind)) return kind.map(hashOf).find((fields) => fields !== undefined);
  if ("array" in kind) return hashOf(kind.array);
  return "hash" in kind ? stripeApi.hashes[kind.hash] : undefined;
}

interface Behaviour {
  said: string;
  pages: string[];
  file: string;
}

/** What the code says that it takes from a page of Stripe's: its comments that name one. */
function behaviours(): Behaviour[] {
  const files = globSync("src/**/*.ts", { cwd: PACKAGE }).filter((file) => !/\.test\.ts$|testing\//.test(file));
  return files.sort().flatMap((file) => {
    const source = readFileSync(`${PACKAGE}${file}`, "utf8");
    const comments = [
      ...source.matchAll(
        /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/|(?:^ *\/\/.*\n)+)\s*(?:(?:export |async |const |function\*? |class )+(\w+))?/gm,
      ),
    ];
    return comments.flatMap(([, comment = "", name = ""]) => {
      const [text = ""] = comment
        .replaceAll(/^\s*(?:\/\*\*?|\*\/|\*|\/\/) ?|\*\/$/gm, "")
        .replaceAll(/\s+/g, " ")
        .trim()
        .split(/ @\w+ /);
      const pages = [...new Set(comment.match(/https:\/\/docs\.stripe\.com\/[\w/.#-]*[\w/#-]/g))];
      const said = withoutLinks(text) || (name && `\`${name}\``);
      return said && pages.length > 0 ? [{ said, pages, file }] : [];
    });
  });
}

/** A sentence that has an address in its middle reads on without it. */
const withoutLinks = (text: string): string =>
  text
    .replaceAll(/ ?\((?:see )?https:[^)]*\)/g, "")
    .replace(/^https:\S+$/, "")
    .replaceAll(/https:\/\/docs\.stripe\.com\/[\w/.#-]*[\w/#-]/g, "Stripe's page")
    .replaceAll("|", "\\|");

const list = (names: string[]): string => names.map((name) => `\`${name}\``).join(", ");

/** The page: what is served, taken without effect and refused, and where its behaviour is taken from. */
export function conformancePage(): string {
  const served = parametersOf();
  const refused = Object.keys(stripeApi.operations).filter(
    (operation) => !ROUTES.some(({ method, path }) => operationOf(method, path) === operation),
  );
  const without = [...served.values()].flatMap(({ ignored: names }) => names);
  const missing = [...served.values()].flatMap(({ refused: names }) => names);
  return `# Conformance

Written by \`npm run generate\` from the code and the declarations of the \`stripe\` package; a test holds them together. Which events and which
fixtures of \`stripe trigger\` there are is [in the README](README.md#covered), as the tests showed them.

${served.size} operations are served with ${[...served.values()].flatMap(({ modelled }) => modelled).length} parameters, ${without.length} more are taken without effect. ${missing.length} parameters of these operations, and ${refused.length} operations, are refused by
their name: \`emulator_parameter_not_modelled\` (400), \`emulator_operation_not_modelled\` (404). What Stripe does not know is refused as Stripe does.

## Operations

${[...served].map(([operation, parameters]) => operationSection(operation, parameters)).join("\n\n")}

## Taken without effect

| parameter | why nobody pays, or has, anything else |
|---|---|
${[...new Set(without.map((name) => name.replace(/^.*\[(\w+)\]$/, "$1")))]
  .sort()
  .map((name) => `| \`${name}\` | ${IGNORED[name]} |`)
  .join("\n")}

## Behaviour, and where it is taken from

| behaviour | Stripe's page | code |
|---|---|---|
${behaviours()
  .map(
    ({ said, pages, file }) =>
      `| ${said} | ${pages.map((page) => `[${page.replace("https://docs.stripe.com/", "")}](${page})`).join(", ")} | [${file.replace("src/", "")}](${file}) |`,
  )
  .join("\n")}

## Clients

Run unmodified against the emulator by \`npm run test:clients\`, which wrote down what it saw.

| client | version | what it did |
|---|---|---|
${readClientRuns()
  .map(({ client, version, what }) => `| ${client} | ${version} | ${what} |`)
  .join("\n")}

## Operations that are refused

${[...groupByResource(refused)].map(([resource, names]) => `- \`${resource}\`: ${names.length}`).join("\n")}
`;
}

function operationSection(operation: string, { modelled, ignored: without, refused }: Parameters): string {
  const lines = [
    `- **${operation}**${modelled.length > 0 ? `: ${list(modelled)}` : ""}`,
    ...(without.length > 0 ? [`  - without effect: ${list(without)}`] : []),
    ...(refused.length > 0 ? [`  - refused: ${list(refused)}`] : []),
  ];
  return lines.join("\n");
}

function groupByResource(operations: string[]): Map<string, string[]> {
  const of = (operation: string) => operation.split("/v1/")[1]?.split("/:")[0]?.split("/").slice(0, 2).join(".") ?? "";
  return new Map([...Map.groupBy(operations, of)].sort(([a], [b]) => (a < b ? -1 : 1)));
}
