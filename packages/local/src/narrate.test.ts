import { expect, test } from "vitest";
import { narrate } from "./narrate.ts";

const now = new Date("2026-11-27T12:03:11Z");
const told = (source: string, line: string) => narrate(source, line, now)?.slice(34);

test("an event is told once: when the mirror has it", () => {
  const id = "evt_JMegfgTB0Ys4DXnUhRBDHK4N";
  const said = [
    told("stripe", "POST /v1/subscriptions 200"),
    told("api", "POST /api/webhooks/stripe → 200 in 589 ms  receive-stripe-event"),
    told(
      "receive-stripe-event",
      JSON.stringify({
        level: "info",
        message: "request",
        route: "POST /api/webhooks/stripe",
        status: 200,
        ms: 9,
        eventId: id,
      }),
    ),
    told("stripe", "invoice.paid → we_1: 200"),
    told(
      "apply-stripe-events",
      JSON.stringify({
        level: "info",
        message: "event",
        requestId: "r",
        eventId: id,
        type: "invoice.paid",
        outcome: "applied",
        lagSeconds: 2,
      }),
    ),
    told("queue", "local-turnpike-StripeEvents: 1 received, 0 failed, in 283 ms  apply-stripe-events"),
    told("apply-stripe-events", '{"_aws":{"Timestamp":1}}'),
    told("schedule", "EveryMinute: done in 307 ms  relay-notices"),
  ];
  expect(said.filter(Boolean)).toEqual(["invoice.paid  applied"]);
});

test("what goes wrong is told, with its reason", () => {
  expect(told("stripe", "POST /v1/subscriptions 402")).toBe("POST /v1/subscriptions 402");
  expect(told("stripe", "invoice.paid → we_1: 500")).toBe("invoice.paid → we_1: 500");
  expect(told("api", "POST /api/webhooks/stripe → 500 in 9 ms  receive-stripe-event")).toMatch(/→ 500/);
  expect(told("queue", "local-turnpike-StripeEvents: 3 received, 1 failed, in 9 ms  apply-stripe-events")).toMatch(
    /1 failed/,
  );
  expect(told("schedule", "Reconcile: failed in 9 ms  reconcile")).toMatch(/failed/);
  const refused = {
    level: "warn",
    message: "request",
    requestId: "r",
    route: "POST /api/x",
    status: 409,
    refused: "plan_unchanged",
  };
  expect(told("change-plan", JSON.stringify(refused))).toBe("refused: plan_unchanged  requestId=r");
  const broken = { level: "error", message: "request", requestId: "r", route: "GET /api/health", status: 503 };
  expect(told("health", JSON.stringify(broken))).toBe("failed  requestId=r");
  const failed = {
    level: "error",
    message: "failed",
    error: "OwnError",
    reason: "The setting X is malformed.",
    stack: "    at read (x.ts:1)",
  };
  expect(told("reconcile", JSON.stringify(failed))).toBe(
    "failed  error=OwnError  reason=The setting X is malformed.\n        at read (x.ts:1)",
  );
});

test("what somebody asked of the API is told", () => {
  expect(told("api", "POST /api/checkout_sessions → 303 in 45 ms  create-checkout")).toMatch(/→ 303/);
});

test("all of it is there for those who ask", () => {
  const line = '{"level":"info","message":"request","status":200}';
  expect(narrate("health", line, now, { json: true })).toBe(`12:03:11 ${"health".padEnd(24)} ${line}`);
});

test("only a terminal gets colours", () => {
  const line = "Reconcile: failed in 9 ms";
  expect(narrate("schedule", line, now)).not.toContain("\u001b");
  expect(narrate("schedule", line, now, { color: true })).toContain("\u001b[31m");
});
