import { randomUUID } from "node:crypto";
import { log } from "@turnpike/functions/log";
import { emit } from "@turnpike/functions/metrics";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { readFacts } from "../scripts/costs/facts.ts";
import { costsPage, type LineSizes } from "../scripts/costs/page.ts";
import { readTemplates } from "./templates.ts";

let written: string[];
beforeEach(() => {
  vi.stubEnv("SST_APP", "turnpike");
  vi.stubEnv("SST_STAGE", "prod");
  written = [];
  vi.spyOn(console, "info").mockImplementation((line: string) => void written.push(line));
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function bytesOf(write: () => void): number {
  write();
  return Buffer.byteLength(written.pop() ?? "");
}

const requestId = randomUUID();
const EVENT = { eventId: "evt_1SNDkJLkdIwHu7ixX0KQmHzz", type: "customer.subscription.updated" };

/** As the functions write them, of an event that is applied without trouble. */
function lineSizes(accessLogFormat: string): LineSizes {
  const access: Record<string, string> = {
    requestTime: "27/Nov/2026:18:00:00 +0000",
    requestId: "AbCdEfGhIjKlMnO=",
    path: "/api/webhooks/stripe",
    routeKey: "POST /api/webhooks/stripe",
    "identity.userAgent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    "identity.sourceIp": "130.176.100.100",
  };
  const route = "POST /api/webhooks/stripe";
  return {
    request: bytesOf(() => log("info", "request", { requestId, route, status: 200, ms: 12, ...EVENT })),
    receiverMetrics: bytesOf(() => emit({ received: 1, apiVersionMismatch: 0 })),
    event: bytesOf(() => log("info", "event", { requestId, ...EVENT, outcome: "applied", lagSeconds: 2 })),
    batchMetrics: bytesOf(() =>
      emit({
        ...{ applied: 20, stale: 0, duplicate: 0, ambiguous: 0, otherAccount: 0, failed: 0, late: 0 },
        lag: Array.from({ length: 20 }, () => 2),
      }),
    ),
    access: accessLogFormat.replace(/\$context\.([.\w]+)/g, (_, name) => access[name] ?? "200").length,
  };
}

it("the page about costs is reckoned from the templates, and from what is logged", async () => {
  const facts = readFacts(Object.values(readTemplates("prod")).map((template) => template.toJSON() as never));
  await expect(costsPage(facts, lineSizes(facts.accessLogFormat))).toMatchFileSnapshot("../docs/costs.md");
});
