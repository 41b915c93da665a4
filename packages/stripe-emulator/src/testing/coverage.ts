import { appendFileSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { StripeEmulator } from "../index.ts";
import { ROUTES } from "../resources/routes.ts";

/** What the test files of this run have shown, a file for each: see scripts/covered.ts. */
export const SHOWN = fileURLToPath(new URL("../../../../coverage/stripe-emulator/", import.meta.url));

export interface Shown {
  /** Operations that succeeded: `POST /v1/refunds/:id`. */
  operations: string[];
  /** The types of the events that were made. */
  events: string[];
  /** What the CLI's `trigger` made. */
  triggers: string[];
}

/** Watches a test's emulator: `line` takes its log, `end` writes down what it has shown. */
export function observe() {
  const operations = new Set<string>();
  return {
    line(text: string): void {
      const [, method, path = "", status] = /^([A-Z]+) (\/v[12]\/\S+) (\d+)$/.exec(text) ?? [];
      const route = ROUTES.find((each) => each.method === method && fits(each.path, path));
      if (route && status === "200") operations.add(`${route.method} ${route.path}`);
    },
    end(emulator: StripeEmulator): void {
      const events = new Set(emulator.events().map(({ type }) => type));
      show({ operations: [...operations], events: [...events], triggers: [] });
    },
  };
}

export const showTrigger = (fixture: string): void => show({ operations: [], events: [], triggers: [fixture] });

const fits = (pattern: string, path: string) => new RegExp(`^${pattern.replace(/:\w+/g, "[^/]+")}$`).test(path);

function show(shown: Shown): void {
  const file = expect.getState().testPath?.split("/stripe-emulator/")[1];
  if (file === undefined) return; // Another package's test.
  mkdirSync(SHOWN, { recursive: true });
  appendFileSync(`${SHOWN}${file.replaceAll("/", "+")}`, `${JSON.stringify(shown)}\n`);
}
