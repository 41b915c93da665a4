import { expect, onTestFinished, test } from "vitest";
import { type Bench, createPlan, openBench } from "./testing/bench.ts";
import { setDashboard } from "./testing/dashboard.ts";

async function bench(): Promise<Bench> {
  const opened = await openBench();
  onTestFinished(() => opened.close());
  return opened;
}

const headers = { authorization: "Bearer sk_test_control", "content-type": "application/json" };

async function control<T>(on: Bench, method: string, path: string, body?: object): Promise<T> {
  const answer = await fetch(`${on.origin}/_emulator/${path}`, {
    method,
    headers,
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as T;
}

const fault = (on: Bench, kind: string, match: string) => control(on, "POST", "faults", { kind, match });
const held = async (on: Bench) =>
  (await control<{ data: { id: string; request: string; done: boolean }[] }>(on, "GET", "held")).data;
const release = (on: Bench, id = "") => control(on, "POST", id === "" ? "held/release" : `held/${id}/release`, {});

async function untilHeld(on: Bench, count: number) {
  await expect.poll(async () => (await held(on)).length, { interval: 5 }).toBe(count);
  return held(on);
}

test("what an endpoint refused once it had begun is refused again for its key, also when the reason is gone", async () => {
  const on = await bench();
  const price = await createPlan(on.stripe);
  await setDashboard(on, { tax: false });
  const sell = (idempotencyKey: string) =>
    on.stripe.checkout.sessions.create(
      {
        mode: "subscription",
        line_items: [{ price: price.id, quantity: 1 }],
        success_url: "http://localhost/",
        automatic_tax: { enabled: true },
      },
      { idempotencyKey },
    );
  await expect(sell("first")).rejects.toThrow("valid head office address");
  await setDashboard(on, { tax: true });
  const refused = await sell("first").catch((error) => error);
  expect(refused).toMatchObject({ statusCode: 400, headers: { "idempotent-replayed": "true" } });
  expect((await sell("second")).status).toBe("open");
});

test("a missing customer, too, is kept; parameters that are not as they must be are not", async () => {
  const on = await bench();
  const options = { idempotencyKey: "missing" };
  const portal = () => on.stripe.billingPortal.sessions.create({ customer: "cus_none" }, options);
  for (const replayed of [undefined, "true"]) {
    const error = await portal().catch((thrown) => thrown);
    expect([error.code, error.headers["idempotent-replayed"]]).toEqual(["resource_missing", replayed]);
  }
  const mistyped = { idempotencyKey: "mistyped" };
  for (const wrong of [{ name: "A", nonsense: 1 }, { name: "A", active: "perhaps" }, {}])
    await expect(on.stripe.products.create(wrong as never, mistyped)).rejects.toMatchObject({ statusCode: 400 });
  expect((await on.stripe.products.create({ name: "A" }, mistyped)).name).toBe("A");
});

test("what never reached the endpoint is not kept: too many requests, and a server that fails before it", async () => {
  const on = await bench();
  const create = () => on.stripe.products.create({ name: "A" }, { idempotencyKey: "outside" });
  for (const [kind, statusCode] of [
    ["rate_limit", 429],
    ["error_500", 500],
  ] as const) {
    await fault(on, kind, "/v1/products");
    await expect(create()).rejects.toMatchObject({ statusCode });
  }
  expect((await create()).name).toBe("A");
});

test("a key in use is a conflict that is not kept; another key, and none, is not held up by it", async () => {
  const on = await bench();
  const create = (idempotencyKey: string) => on.stripe.products.create({ name: "A" }, { idempotencyKey });
  await fault(on, "hold", "POST /v1/products$");
  const first = create("twice");
  await untilHeld(on, 1);
  await expect(create("twice")).rejects.toMatchObject({
    statusCode: 409,
    rawType: "invalid_request_error",
    code: "idempotency_key_in_use",
    message:
      "There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): twice. Please try again later.",
  });
  expect((await create("other")).name).toBe("A");
  await release(on);
  expect((await create("twice")).id).toBe((await first).id);
});

test("two presses meet in every order: a request waits before it is done, or after, until it is released", async () => {
  const on = await bench();
  const { stripe } = on;
  const { id } = await stripe.products.create({ name: "before" });
  const rename = (name: string) => stripe.products.update(id, { name });
  const nameNow = async () => (await stripe.products.retrieve(id)).name;
  await fault(on, "hold", `POST /v1/products/${id}`);
  await fault(on, "hold", `POST /v1/products/${id}`);
  const [one, two] = [rename("one"), rename("two")];
  const [early, late] = await untilHeld(on, 2);
  expect([early, late].map((row) => [row?.request, row?.done])).toEqual([
    [`POST /v1/products/${id}`, false],
    [`POST /v1/products/${id}`, false],
  ]);
  expect(await nameNow()).toBe("before");
  await release(on, late?.id);
  await Promise.race([one, two]);
  const last = await nameNow();
  await release(on, early?.id);
  await Promise.all([one, two]);
  expect([last, await nameNow()].sort()).toEqual(["one", "two"]);
  await fault(on, "hold_answer", "/v1/products");
  const three = rename("three");
  const [answered] = await untilHeld(on, 1);
  expect([answered?.done, await nameNow()]).toEqual([true, "three"]);
  await release(on, answered?.id);
  expect((await three).name).toBe("three");
});

test("switching the faults off lets go of what is held; what is not held cannot be released", async () => {
  const on = await bench();
  await fault(on, "hold", "/v1/products");
  const made = on.stripe.products.create({ name: "A" });
  await untilHeld(on, 1);
  await control(on, "DELETE", "faults");
  expect((await made).name).toBe("A");
  const none = await fetch(`${on.origin}/_emulator/held/held_none/release`, { method: "POST", headers, body: "{}" });
  expect(none.status).toBe(404);
});
