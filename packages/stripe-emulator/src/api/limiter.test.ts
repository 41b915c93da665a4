import { expect, onTestFinished, test } from "vitest";
import { openBench } from "../testing/bench.ts";
import { controlsOf } from "../testing/controls.ts";
import { Limiter } from "./limiter.ts";

/** A limiter whose time is told. */
function limiter(endpoint: number | null, account: number | null) {
  let now = 0;
  const made = new Limiter(() => now);
  made.set({ endpoint, account });
  return {
    made,
    pass: (ms: number) => {
      now += ms;
    },
    reasons: (times: number, method: string, path: string) =>
      Array.from({ length: times }, () => made.refusalOf(method, path)?.headers["stripe-rate-limited-reason"]),
  };
}

test("each endpoint takes so many requests a second, whatever the id, beside the others", () => {
  const { reasons, pass } = limiter(2, null);
  expect(reasons(3, "GET", "/v1/customers/:id")).toEqual([undefined, undefined, "endpoint-rate"]);
  expect(reasons(2, "POST", "/v1/customers/:id")).toEqual([undefined, undefined]);
  pass(500);
  expect(reasons(2, "GET", "/v1/customers/:id")).toEqual([undefined, "endpoint-rate"]);
  pass(60_000);
  expect(reasons(3, "GET", "/v1/customers/:id")).toEqual([undefined, undefined, "endpoint-rate"]);
});

test("the account takes so many of all endpoints; what an endpoint refuses uses up none of them", () => {
  const { reasons } = limiter(2, 3);
  expect(reasons(9, "GET", "/v1/prices").filter(Boolean)).toHaveLength(7);
  expect(reasons(2, "GET", "/v1/products")).toEqual([undefined, "global-rate"]);
});

test("all searches share twenty a second", () => {
  const { reasons } = limiter(25, 100);
  expect(reasons(25, "GET", "/v1/customers/search").filter(Boolean)).toHaveLength(5);
  expect(reasons(1, "GET", "/v1/invoices/search")).toEqual(["endpoint-rate"]);
});

test("off it lets all in and counts nothing; without a limit it counts", () => {
  const { made, reasons } = limiter(null, null);
  expect(reasons(100, "GET", "/v1/prices").filter(Boolean)).toEqual([]);
  const served = () => made.counts().reduce((sum, row) => sum + row.served, 0);
  expect(served()).toBe(100);
  made.set(undefined);
  expect(reasons(100, "GET", "/v1/prices").filter(Boolean)).toEqual([]);
  expect(served()).toBe(0);
});

test("a client is refused as Stripe refuses it, and what came in is counted", async () => {
  const bench = await openBench();
  onTestFinished(() => bench.close());
  const controls = controlsOf(bench);
  await controls.limit({ endpoint: 2 });
  const asked = await Promise.allSettled(Array.from({ length: 30 }, () => bench.stripe.prices.list()));
  const refused = asked.filter((one) => one.status === "rejected");
  expect(refused.length).toBeGreaterThan(0);
  expect(refused[0]?.reason).toMatchObject({
    type: "StripeRateLimitError",
    statusCode: 429,
    code: "rate_limit",
    headers: { "stripe-rate-limited-reason": "endpoint-rate" },
  });
  const counts = (await controls.counts()).filter(({ endpoint }) => endpoint === "GET /v1/prices");
  expect(counts.reduce((sum, row) => sum + row.limited, 0)).toBe(refused.length);
  expect(counts.reduce((sum, row) => sum + row.served, 0)).toBe(30 - refused.length);
  expect(Math.abs(Date.now() / 1000 - (counts[0]?.second ?? 0))).toBeLessThan(120);
  await controls.liftLimits();
  expect((await Promise.all(Array.from({ length: 30 }, () => bench.stripe.prices.list()))).length).toBe(30);
});
