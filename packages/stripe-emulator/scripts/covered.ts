import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ROUTES } from "../src/resources/routes.ts";
import { SHOWN, type Shown } from "../src/testing/coverage.ts";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
export const README = `${PACKAGE}README.md`;

const BEGIN = "<!-- From what the tests did: npm run generate -->";
const END = "<!-- /covered -->";

/** What all tests showed together; undefined where some were not run, or Stripe's CLI is not for this machine. */
export function readShown(): Shown | undefined {
  const tests = globSync("src/**/*.test.ts", { cwd: PACKAGE }).filter((file) =>
    readFileSync(`${PACKAGE}${file}`, "utf8").includes("openBench("),
  );
  const ran = existsSync(SHOWN) ? readdirSync(SHOWN) : [];
  if (!tests.every((file) => ran.includes(file.replaceAll("/", "+")))) return undefined;
  const parts = ran.flatMap((file) =>
    readFileSync(`${SHOWN}${file}`, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Shown),
  );
  const all = (key: keyof Shown) => [...new Set(parts.flatMap((part) => part[key]))].sort();
  const triggers = all("triggers");
  return triggers.length === 0 ? undefined : { operations: all("operations"), events: all("events"), triggers };
}

/** The operations that are served, and that no test saw succeed. */
export const notShown = ({ operations }: Shown): string[] =>
  ROUTES.map(({ method, path }) => `${method} ${path}`).filter((route) => !operations.includes(route));

/** The README with what is covered as these tests showed it. */
export function readmeOf(shown: Shown): string {
  const now = readFileSync(README, "utf8");
  const [begin, end] = [now.indexOf(BEGIN), now.indexOf(END)];
  if (begin === -1 || end === -1) throw new Error(`${README} lacks the lines ${BEGIN} and ${END}`);
  return now.slice(0, begin) + tables(shown) + now.slice(end + END.length);
}

function tables({ operations, events, triggers }: Shown): string {
  const resources = Map.groupBy(operations, resourceOf);
  const kinds = Map.groupBy(events, (type) => type.slice(0, type.lastIndexOf(".")));
  return [
    BEGIN,
    "",
    ...table(["Resource", "Operations"], resources, (those) => those.map(verbOf)),
    "",
    ...table(["Events", ""], kinds, (types) => types.map((type) => type.slice(type.lastIndexOf(".") + 1))),
    "",
    `\`stripe trigger\` succeeds for ${triggers.length} fixtures: ${triggers.join(", ")}.`,
    "",
    END,
  ].join("\n");
}

function table(head: [string, string], rows: Map<string, string[]>, cell: (those: string[]) => string[]): string[] {
  const cells = [...rows].map(([name, those]) => [`\`${name}\``, [...new Set(cell(those))].sort().join(", ")]);
  const widths = [0, 1].map((column) => Math.max(3, ...[head, ...cells].map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]) => `| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...cells.sort().map(line)];
}

/** As stripe-node names it: `checkout.sessions`. */
function resourceOf(operation: string): string {
  const [resource = ""] = operation.replace(/^\w+ \/(v1\/)?/, "").split("/:");
  return resource.replaceAll("/", ".");
}

/** `list`, `retrieve`, `expire`, `create features`. */
function verbOf(operation: string): string {
  const [method = "", path = ""] = operation.split(" ");
  const within = path.split("/:")[1]?.split("/").slice(1) ?? [];
  const collection = ROUTES.some((route) => route.method === "GET" && route.path === path && !endsInId(path));
  if (method === "POST" && within.length > 0 && !collection && !endsInId(path)) return within.join(" ");
  const verbs = endsInId(path)
    ? { GET: "retrieve", POST: "update", DELETE: "delete" }
    : { GET: "list", POST: "create", DELETE: "delete" };
  return [verbs[method as keyof typeof verbs], ...within].join(" ");
}

const endsInId = (path: string) => /:\w+$/.test(path);
