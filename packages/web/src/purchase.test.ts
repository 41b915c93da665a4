import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isUnderWay, loadPurchase, type Purchase, pollDelay, watchPurchase } from "./purchase.ts";

let server: Server;
let answer: { status: number; body: string };
let asked = 0;

beforeEach(async () => {
  asked = 0;
  server = createServer((_request, response) => {
    asked++;
    response.writeHead(answer.status).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const { fetch } = globalThis;
  vi.stubGlobal("fetch", (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init));
});

afterEach(async () => {
  vi.unstubAllGlobals();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test.each([
  [401, "unauthenticated", "signed-out"],
  [404, "not_found", "not-found"],
  [500, "internal_error", "unreachable"],
  [503, "stripe_unavailable", "unreachable"],
  [503, "auth_unavailable", "unreachable"],
])("an answer of %i, %s, is never taken for a purchase", async (status, code, expected) => {
  answer = { status, body: JSON.stringify({ error: "no", code, requestId: "1" }) };
  expect(await loadPurchase("cs_1")).toEqual({ status: expected });
});

test("nor is a page that is no JSON, nor silence", async () => {
  answer = { status: 200, body: "<!doctype html>" };
  expect(await loadPurchase("cs_1")).toEqual({ status: "unreachable" });
  server.close();
  server.closeAllConnections();
  expect(await loadPurchase("cs_1")).toEqual({ status: "unreachable" });
});

const summaryOf = (status: string) => ({
  id: "cs_1",
  status,
  mode: "payment",
  amountTotal: 4900,
  currency: "usd",
  items: [],
});
const answerWith = (status: string) => {
  answer = { status: 200, body: JSON.stringify(summaryOf(status)) };
};

test("the outcome is the one that the back end names", async () => {
  answerWith("failed");
  expect(await loadPurchase("cs_1")).toEqual({ status: "known", summary: summaryOf("failed") });
});

test("a payment under way is asked for again until it is through, and a lost answer changes nothing", async () => {
  const told: Purchase[] = [];
  answerWith("processing");
  const stop = watchPurchase("cs_1", (purchase) => told.push(purchase));
  await expect.poll(() => told.length).toBe(1);
  answer = { status: 503, body: "" };
  await expect.poll(() => asked, { timeout: 5_000 }).toBe(2);
  answerWith("complete");
  await expect.poll(() => told.length, { timeout: 5_000 }).toBe(2);
  stop();
  expect(told.map((purchase) => purchase.status === "known" && purchase.summary.status)).toEqual([
    "processing",
    "complete",
  ]);
}, 15_000);

test("who has paid is told of the receipt when there is one, and a guest, who gets none, does not wait for it", async () => {
  const told: Purchase[] = [];
  const watch = () => watchPurchase("cs_1", (purchase) => told.push(purchase));
  const answerWithReceipt = (receiptUrl: string | null) => {
    answer = { status: 200, body: JSON.stringify({ ...summaryOf("complete"), receiptUrl }) };
  };
  answerWithReceipt(null);
  const stop = watch();
  await expect.poll(() => told.length).toBe(1);
  answerWithReceipt("https://pay.stripe.com/receipts/1");
  await expect.poll(() => told.length, { timeout: 5_000 }).toBe(2);
  stop();
  expect(told[1]).toMatchObject({ summary: { receiptUrl: "https://pay.stripe.com/receipts/1" } });
  expect(isUnderWay({ status: "complete", amountTotal: 4900 }, 0)).toBe(false);
  expect(isUnderWay({ status: "complete", amountTotal: 0, receiptUrl: null }, 0)).toBe(false);
  expect(isUnderWay({ status: "complete", amountTotal: 4900, receiptUrl: null }, 5)).toBe(false);
});

test("asking again backs off to half a minute and never stops", () => {
  const delays = [0, 1, 2, 5, 50, 5000].map(pollDelay);
  expect(delays[0]).toBe(1500);
  expect(delays).toEqual(delays.toSorted((a, b) => a - b));
  expect(delays.at(-1)).toBe(30_000);
});
