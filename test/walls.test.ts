import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import type { ICruiseResult } from "dependency-cruiser";
import { afterAll, beforeAll, expect, it } from "vitest";
import configuration, { cruised, rooms } from "../.dependency-cruiser.mjs";

/** A file that crosses a wall, and the rule that must refuse it. */
type Crossing = readonly [rule: string, folder: string, code: string];

const CROSSINGS: Crossing[] = [
  ["core-rooms", "packages/core/src/health", `import { startLocal } from "../../../local/src/start.ts";`],
  ["core-rooms", "packages/core/src/health", `import { startLocal } from "@turnpike/local";`],
  ["core-rooms", "packages/core/src/health", `import { bundling } from "../../../../stacks/bundling/index.ts";`],
  ["core-npm", "packages/core/src/health", `import middy from "@middy/core";`],
  ["core-npm", "packages/core/src/health", `import type { Context } from "aws-lambda";`],
  ["core-node", "packages/core/src/health", `import { createServer } from "node:http";`],
  ["concepts-by-face", "packages/core/src/health", `import { dataOf } from "../supabase/database.ts";`],
  ["concepts-by-face", "packages/core/src/portal", `export { openSession } from "../checkout/sessions.ts";`],
  ["clients-know-clients-only", "packages/core/src/stripe", `import { applyEvents } from "../mirror/index.ts";`],
  ["clients-know-clients-only", "packages/core/src/errors", `import type { Purchase } from "../checkout/index.ts";`],
  ["mirror-knows-no-use-case", "packages/core/src/mirror", `import { getOffer } from "../catalog/index.ts";`],
  ["one-maker-of-clients", "packages/core/src/reconcile", `import Stripe from "stripe";`],
  [
    "one-maker-of-service-clients",
    "packages/core/src/catalog",
    `import { createClient } from "@supabase/supabase-js";`,
  ],
  ["functions-rooms", "packages/functions/src", `import { startLocal } from "../../local/src/index.ts";`],
  ["functions-rooms", "packages/functions/src", `const { startLocal } = await import("@turnpike/local");`],
  ["functions-npm", "packages/functions/src", `import { createClient } from "@supabase/supabase-js";`],
  ["functions-types-only", "packages/functions/src", `import Stripe from "stripe";`],
  ["faces-only", "packages/functions/src", `import { applyEvents } from "../../core/src/mirror/apply.ts";`],
  ["packages-by-name", "packages/functions/src", `import { applyEvents } from "../../core/src/mirror/index.ts";`],
  ["settings-rooms", "packages/settings/src", `import { createStripe } from "@turnpike/core/stripe";`],
  ["settings-npm", "packages/settings/src", `import * as z from "zod/mini";`],
  ["web-schemas-only", "packages/web/src", `import { applyEvents } from "../../core/src/mirror/apply.ts";`],
  ["web-schemas-only", "packages/web/src", `import { openCheckout } from "@turnpike/core/checkout";`],
  ["doctor-for-operators", "packages/functions/src", `import { examine } from "@turnpike/core/doctor";`],
  ["doctor-for-operators", "packages/core/src/health", `import { examine } from "../doctor/index.ts";`],
  ["web-rooms", "packages/web/src", `import { handler } from "../../functions/src/health.ts";`],
  ["web-npm", "packages/web/src", `import type Stripe from "stripe";`],
  ["web-node", "packages/web/src", `import { createHash } from "node:crypto";`],
  ["stacks-rooms", "stacks", `import { handler } from "../packages/functions/src/health.ts";`],
  ["stacks-rooms", "stacks", `import { enabledEvents } from "@turnpike/core/mirror";`],
  ["stacks-npm", "stacks", `import Stripe from "stripe";`],
  ["stripe-emulator-rooms", "packages/stripe-emulator/src", `import { startLocal } from "../../local/src/start.ts";`],
  ["stripe-emulator-npm", "packages/stripe-emulator/src", `import { createClient } from "@supabase/supabase-js";`],
  ["stripe-emulator-types-only", "packages/stripe-emulator/src", `import Stripe from "stripe";`],
  ["emulator-state", "packages/stripe-emulator/src/state", `import type { World } from "../world.ts";`],
  ["emulator-events", "packages/stripe-emulator/src/events", `import { eventIn } from "../api/versions.ts";`],
  ["emulator-world", "packages/stripe-emulator/src/world", `export { reactions } from "../billing/reactions.ts";`],
  ["emulator-billing", "packages/stripe-emulator/src/billing", `import { noSuch } from "../api/errors.ts";`],
  ["emulator-api", "packages/stripe-emulator/src/api", `import { ROUTES } from "../resources/routes.ts";`],
  ["emulator-resources", "packages/stripe-emulator/src/resources", `import { pagesApp } from "../pages/app.ts";`],
  ["emulator-controls", "packages/stripe-emulator/src/controls", `import { pagesApp } from "../pages/app.ts";`],
  ["emulator-pages", "packages/stripe-emulator/src/pages", `import { createStripeEmulator } from "../emulator.ts";`],
  ["local-rooms", "packages/local/src", `import { handler } from "../../functions/src/health.ts";`],
  ["local-rooms", "packages/local/src", `import { startWorld } from "../../../test/world.ts";`],
  ["sst-in-one-adapter", "packages/local/src/lambda", `import type { NodeJSProps } from "sst/constructs";`],
  ["cli-rooms", "packages/cli/src", `import { startLocal } from "@turnpike/local";`],
  ["cli-rooms", "packages/cli/src", `import { handler } from "../../functions/src/health.ts";`],
  ["cli-npm", "packages/cli/src", `import { createClient } from "@supabase/supabase-js";`],
  ["faces-only-outside", "test", `import { projectEvent } from "../packages/core/src/mirror/events.ts";`],
  ["faces-only-outside", "bench", `import { toEvent } from "../packages/local/src/gateway/event.ts";`],
  ["packages-by-name", "scripts", `import { startLocal } from "../packages/local/src/index.ts";`],
  ["testing-faces-in-tests", "packages/local/src", `import { openBench } from "@turnpike/stripe-emulator/testing";`],
  ["testing-faces-in-tests", "packages/functions/src", `import { secrets } from "./secrets.test.ts";`],
  ["scripts-rooms", "scripts", `import { startWorld } from "../test/world.ts";`],
  ["test-rooms", "test", `import { table } from "../bench/table.ts";`],
  ["no-circles", "packages/core/src/config", `import { planted } from "./planted.ts"; export const own = planted;`],
  ["no-path-into-node_modules", "stacks", `import { App } from "../node_modules/sst/constructs/index.js";`],
  ["declared", "scripts", `import { build } from "nobody-has-this";`],
  ["declared-for-production", "packages/core/src/health", `import fc from "fast-check";`],
];

const root = mkdtempSync(join(tmpdir(), "turnpike-walls-"));
/** The rules that each file breaks. */
const broken = new Map<string, Set<string>>();
const fileOf = (index: number) => `${CROSSINGS[index]?.[1]}/planted-${index}.ts`;

beforeAll(() => {
  copyTree();
  for (const [index, [, folder, code]] of CROSSINGS.entries()) {
    mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, fileOf(index)), code.replace("./planted.ts", `./planted-${index}.ts`));
  }
  const { stdout, stderr } = spawnSync(
    resolve("node_modules/.bin/depcruise"),
    ["--config", ".dependency-cruiser.mjs", "--output-type", "json", ...cruised],
    { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 },
  );
  if (!stdout) throw new Error(stderr);
  const { summary }: ICruiseResult = JSON.parse(stdout);
  for (const { from, rule } of summary.violations) broken.set(from, (broken.get(from) ?? new Set()).add(rule.name));
}, 60_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** All that the rules are about, beside the packages that are installed: those of ours must lead to the copy. */
function copyTree(): void {
  const isCopied = (path: string) => !["node_modules", "dist", ".sst", ".turnpike"].includes(basename(path));
  for (const path of [...cruised, "package.json", ".dependency-cruiser.mjs"]) {
    cpSync(path, join(root, path), { recursive: true, filter: isCopied });
  }
  mkdirSync(join(root, "node_modules/@turnpike"), { recursive: true });
  for (const name of readdirSync("node_modules")) {
    if (name !== "@turnpike") symlinkSync(resolve("node_modules", name), join(root, "node_modules", name));
  }
  for (const name of readdirSync("packages")) {
    symlinkSync(join(root, "packages", name), join(root, "node_modules/@turnpike", name));
    const own = resolve("packages", name, "node_modules");
    if (existsSync(own)) symlinkSync(own, join(root, "packages", name, "node_modules"));
  }
}

it.each(CROSSINGS.map(([rule, folder, code], index) => ({ rule, folder, code, index })))(
  "$rule refuses, in $folder: $code",
  ({ rule, index }) => {
    expect([...(broken.get(fileOf(index)) ?? [])]).toContain(rule);
  },
);

it("every rule has a crossing that it refuses", () => {
  const planted = new Set(CROSSINGS.map(([rule]) => rule));
  expect(configuration.forbidden?.filter(({ name = "" }) => !planted.has(name))).toEqual([]);
});

it("nothing else crosses a wall", () => {
  expect([...broken.keys()].filter((file) => !basename(file).startsWith("planted-"))).toEqual([]);
});

it("the rooms' table in the architecture is what the rules say", () => {
  const lines = readFileSync("docs/architecture.md", "utf8").split("\n");
  const table = lines.flatMap((line) => {
    const [, name, mayImport] = /^\| `(?:packages\/)?([\w-]+)\/?` \|.*\| (.*) \|$/.exec(line) ?? [];
    const names = [...(mayImport ?? "").matchAll(/`([^`]+)`/g)].map(([, word]) => word);
    return name && name in rooms ? [[name, names.sort()]] : [];
  });
  const ruled = Object.entries(rooms).map(([name, { uses, npm = [], types = [] }]) => [
    name,
    [...uses, ...npm, ...types].sort(),
  ]);
  expect(Object.fromEntries(table)).toEqual(Object.fromEntries(ruled));
});

it("no type is imported in the middle of a line, where the tool does not see it", () => {
  const hidden = /typeof import\("(?!\.\/)|(?<!await )\bimport\("(?!\.\/)[^"]+"\)\.[A-Z]/;
  const sources = cruised.flatMap((path) => (path.includes(".") ? path : globSync(`${path}/**/*.{ts,tsx}`)));
  const found = sources.filter(
    (path) => !/node_modules|\/dist\//.test(path) && hidden.test(readFileSync(path, "utf8")),
  );
  expect(found).toEqual([]);
});
