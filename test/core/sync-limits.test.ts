import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { eachWithAccount } from "../parts/account.ts";
import { refuseForNow, standBefore } from "../parts/proxy.ts";

const account = eachWithAccount();

it("no endpoint is asked more often than Stripe allows, and neither is the account", async () => {
  await account.addOldCustomers(60);
  await account.past.limit({ endpoint: 10, account: 25 });
  // At four fifths, as an account is read: what a stall made late comes close together.
  expect(await account.reading.sync({ perEndpoint: 8, perSecond: 20 })).toMatchObject({ state: "done", errors: [] });
  const counts = await account.past.counts();
  expect(counts.reduce((sum, { served }) => sum + served, 0)).toBeGreaterThan(60);
  expect(counts.filter(({ limited }) => limited > 0)).toEqual([]);
});

it("being told that it is too fast only slows it", async () => {
  await account.addOldCustomers(60);
  await account.past.limit({ endpoint: 10, account: 20 });
  expect(await account.reading.sync({ perEndpoint: 200, perSecond: 400 })).toMatchObject({
    state: "done",
    failed: 0,
    errors: [],
  });
  expect((await account.past.counts()).some(({ limited }) => limited > 0)).toBe(true);
  expect(await account.reading.count("customers")).toBe(60);
});

it("what was refused is asked again, and not at once", async () => {
  await account.addOldCustomers(3);
  const askedAt: number[] = [];
  const { stripe } = await standBefore(account.lent, ({ url = "" }, response) => {
    if (!url.startsWith("/v1/customers?")) return;
    askedAt.push(performance.now());
    if (askedAt.length <= 5) refuseForNow(response);
  });
  expect(await account.reading.sync({ stripe })).toMatchObject({ state: "done", errors: [] });
  const [first = 0] = askedAt;
  expect((askedAt[5] ?? 0) - first).toBeGreaterThan(5 * 500);
  expect(await account.reading.count("customers")).toBe(3);
});

it.each([
  { reason: "endpoint-rate", limits: { perSecond: 1000, perEndpoint: 2 }, of: "/v1/payment_methods?", refused: 1 },
  { reason: "global-rate", limits: { perSecond: 3, perEndpoint: 3 }, of: "/v1/", refused: 3 },
])("after a refusal for $reason nothing of what was refused is asked before its time", async (the) => {
  await account.addOldCustomers(4);
  const stop = new AbortController();
  const askedAt: number[] = [];
  let refusedAt = 0;
  await account.reading.begin();
  const { stripe } = await standBefore(account.lent, ({ url = "" }, response) => {
    if (!url.startsWith(the.of)) return;
    askedAt.push(performance.now());
    if (askedAt.length === the.refused + 2) stop.abort();
    if (askedAt.length !== the.refused) return;
    refusedAt = performance.now();
    refuseForNow(response, the.reason);
  });
  expect(await account.reading.work({ stripe, signal: stop.signal, ...the.limits })).toMatchObject({ errors: [] });
  expect((askedAt[the.refused] ?? 0) - refusedAt).toBeGreaterThan(1000);
});

it("what is on sale is read first", async () => {
  await account.addOldCustomers(3);
  const objects: string[] = [];
  const stop = new AbortController();
  const onProgress = ({ object }: { object: string }) => {
    objects.push(object);
    if (objects.length === 2) stop.abort();
  };
  await account.reading.sync({ perSecond: 2, perEndpoint: 2, signal: stop.signal, onProgress });
  expect(objects).toEqual(["product", "price"]);
});

it("a turn that ends goes on in the next, with what is left", async () => {
  await account.addOldCustomers(300);
  await account.reading.begin();
  const pages: string[] = [];
  const stop = new AbortController();
  const onProgress = ({ object }: { object: string }) => {
    pages.push(object);
    stop.abort();
  };
  expect(await account.reading.work({ signal: stop.signal, onProgress })).toMatchObject({ state: "more" });
  expect(await account.reading.work({ until: performance.now() - 1 })).toMatchObject({ state: "more", read: 0 });
  expect(await account.reading.work()).toMatchObject({ state: "done" });
  expect(await account.reading.count("customers")).toBe(300);
  expect(await account.reading.progressOf("customer")).toMatchObject({ read: 300 });
});

it("pages are let go: what is held does not grow with what is read", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const metadata = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`key_${n}`, "x".repeat(500)]));
  await account.addOldCustomers(1500, metadata); // 20 KB each
  const held: number[] = [];
  const onProgress = ({ object }: { object: string }) => {
    if (object !== "customer") return;
    collect();
    held.push(process.memoryUsage().heapUsed / 1e6);
  };
  // Three pages at once.
  expect(await account.reading.syncCustomers(1500, { onProgress, perSecond: 6, perEndpoint: 6 })).toMatchObject({
    read: 1500,
  });
  expect(held.length).toBeGreaterThan(14);
  expect(Math.max(...held.slice(8)) - (held[1] ?? 0)).toBeLessThan(15);
});
