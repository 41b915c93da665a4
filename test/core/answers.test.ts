import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { applyFetched, note, noteAnew, noteList, objects } from "@turnpike/core/mirror";
import { createPace, createStripe, fetchAsOf, idOf, isMissing, requiredIdOf } from "@turnpike/core/stripe";
import { beforeAll, describe, expect, it } from "vitest";
import { event, product } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { standBefore } from "../parts/proxy.ts";
import { createShop, LONG_AGO, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
beforeAll(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
});

const nameOf = async (productId: string) =>
  (await supabase.query<{ name: string }>("select name from products where id = $1", [productId]))[0]?.name;
const clients = (stripe = lent.stripe) => ({ stripe, supabase: supabase.client });

describe("an answer of Stripe's", () => {
  it("is as of the moment that it was asked for: one that took long does not pass for new", async () => {
    const { stripe } = await standBefore(lent, () => sleep(1_500));
    const asked = Date.now();
    const { asOf } = await fetchAsOf(() => stripe.products.list());
    expect(Date.parse(asOf)).toBeLessThanOrEqual(asked);
    expect(Date.parse(asOf)).toBeGreaterThan(asked - 3_000);
    expect(asOf).toMatch(/:\d\d\.000Z$/);
  });

  it("is as of Stripe's clock, not ours", async () => {
    const { stripe } = await standBefore(lent, (_, response) => {
      response.writeHead(200, { date: "Thu, 05 Nov 2026 10:00:00 GMT", "content-type": "application/json" });
      response.end(JSON.stringify({ object: "list", data: [], has_more: false }));
    });
    const { asOf } = await fetchAsOf(() => stripe.products.list());
    expect(Math.abs(Date.parse(asOf) - Date.parse("2026-11-05T10:00:00Z"))).toBeLessThanOrEqual(5_000);
  });

  it("without a date shows no moment, and is an error", async () => {
    const server = createServer((_, response) => {
      response.sendDate = false;
      response.end("{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as { port: number };
      const stripe = createStripe({ secretKey: "sk_test_emulator", apiBase: `http://127.0.0.1:${port}` });
      await expect(fetchAsOf(() => stripe.products.list())).rejects.toThrow("without a Date header");
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it("is noted in the mirror, where it is newer than what stands there", async () => {
    const { id } = await lent.stripe.products.create({ name: "Asked for" });
    await shop.apply(event("product.created", product({ id, name: "Old" }), LONG_AGO));
    const answer = await note(clients(), "product", () => lent.stripe.products.retrieve(id));
    expect(answer).toMatchObject({ id, name: "Asked for" });
    expect(await nameOf(id)).toBe("Asked for");
    await shop.apply(event("product.updated", product({ id, name: "Newer" }), Math.floor(Date.now() / 1000) + 60));
    await note(clients(), "product", () => lent.stripe.products.retrieve(id));
    expect(await nameOf(id)).toBe("Newer");
    expect(await lent.asked(`GET /v1/products/${id}`)).toHaveLength(2);
  });

  it("that is replayed for an idempotency key is not the truth of now: the object is read anew", async () => {
    const create = () => lent.stripe.products.create({ name: "First" }, { idempotencyKey: "the same" });
    const { id } = await create();
    await lent.stripe.products.update(id, { name: "Second" });
    expect(await note(clients(), "product", create)).toMatchObject({ id, name: "Second" });
    expect(await nameOf(id)).toBe("Second");
    expect(await lent.asked(`GET /v1/products/${id}`)).toHaveLength(1);
  });

  it("is given and noted as Stripe holds it now, of what only the id is known", async () => {
    const { id } = await lent.stripe.products.create({ name: "Held" });
    expect(await noteAnew(clients(), "product", id)).toMatchObject({ id, name: "Held" });
    expect(await nameOf(id)).toBe("Held");
  });

  it("of a list is noted item by item", async () => {
    const made = await Promise.all(["A", "B"].map((name) => lent.stripe.products.create({ name })));
    const page = await noteList(clients(), "product", () => lent.stripe.products.list({ limit: 2 }));
    expect(page.data).toHaveLength(2);
    expect((await Promise.all(made.map(({ id }) => nameOf(id)))).sort()).toEqual(["A", "B"]);
  });

  it("that Postgres refuses is an error, which says why", async () => {
    const projection = objects.product.project({ ...product(), created: 1 } as never);
    const answer = [{ ...projection, row: { ...projection.row, images: "no list" } }];
    const asOf = new Date().toISOString();
    await expect(applyFetched(clients(), { answer, asOf })).rejects.toThrow(
      "product.images: Postgres refused it (22P02)",
    );
    await expect(applyFetched(clients(), { answer: [], asOf })).resolves.toBeUndefined();
  });
});

it("requests begin no faster than they may", async () => {
  const pace = createPace(20);
  const began = performance.now();
  const starts: number[] = [];
  await Promise.all(Array.from({ length: 5 }, () => pace(async () => starts.push(performance.now() - began))));
  expect(starts[0]).toBeLessThan(40);
  expect(starts[4]).toBeGreaterThanOrEqual(195);
});

it("an id is an id, whether Stripe gives the object or names it", () => {
  expect([idOf("cus_1"), idOf({ id: "cus_2" }), idOf(null), idOf(undefined)]).toEqual(["cus_1", "cus_2", null, null]);
  expect(requiredIdOf({ id: "cus_2" })).toBe("cus_2");
  expect(() => requiredIdOf(null)).toThrow("the id is missing");
});

it("a missing object is told from a wrong request", async () => {
  const missing = await lent.stripe.products.retrieve("prod_unknown").catch((error) => error);
  const wrong = await lent.stripe.products.create({} as never).catch((error) => error);
  expect([missing, wrong, new Error("other"), undefined].map(isMissing)).toEqual([true, false, false, false]);
});
