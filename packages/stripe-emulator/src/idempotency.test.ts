import { expect, onTestFinished, test } from "vitest";
import { type Bench, createPlan, openBench } from "./testing/bench.ts";
import { controlsOf } from "./testing/controls.ts";

async function bench(): Promise<Bench> {
  const opened = await openBench();
  onTestFinished(() => opened.close());
  return opened;
}

test("what an endpoint refused once it had begun is refused again for its key, also when the reason is gone", async () => {
  const on = await bench();
  const price = await createPlan(on.stripe);
  await controlsOf(on).setDashboard({ tax: false });
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
  await controlsOf(on).setDashboard({ tax: true });
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
  // This one is found only by the endpoint itself.
  const nowhere = on.stripe.checkout.sessions.create({ mode: "payment" }, mistyped);
  await expect(nowhere).rejects.toMatchObject({ code: "parameter_missing", param: "success_url" });
  expect((await on.stripe.products.create({ name: "A" }, mistyped)).name).toBe("A");
});

test("what never reached the endpoint is not kept: too many requests, and a server that fails before it", async () => {
  const on = await bench();
  const create = () => on.stripe.products.create({ name: "A" }, { idempotencyKey: "outside" });
  for (const [kind, statusCode] of [
    ["rate_limit", 429],
    ["error_500", 500],
  ] as const) {
    await controlsOf(on).fault(kind, { match: "/v1/products" });
    await expect(create()).rejects.toMatchObject({ statusCode });
  }
  expect((await create()).name).toBe("A");
});

test("a key in use is a conflict that is not kept; another key, and none, is not held up by it", async () => {
  const on = await bench();
  const create = (idempotencyKey: string) => on.stripe.products.create({ name: "A" }, { idempotencyKey });
  const { fault, release, untilHeld } = controlsOf(on);
  await fault("hold", { match: "POST /v1/products$" });
  const first = create("twice");
  await untilHeld(1);
  await expect(create("twice")).rejects.toMatchObject({
    statusCode: 409,
    rawType: "invalid_request_error",
    code: "idempotency_key_in_use",
    message:
      "There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): twice. Please try again later.",
  });
  expect((await create("other")).name).toBe("A");
  await release();
  expect((await create("twice")).id).toBe((await first).id);
});

test("two presses meet in every order: a request waits before it is done, or after, until it is released", async () => {
  const on = await bench();
  const { stripe } = on;
  const { fault, release, untilHeld } = controlsOf(on);
  const { id } = await stripe.products.create({ name: "before" });
  const rename = (name: string) => stripe.products.update(id, { name });
  const nameNow = async () => (await stripe.products.retrieve(id)).name;
  await fault("hold", { match: `POST /v1/products/${id}`, times: 2 });
  const [one, two] = [rename("one"), rename("two")];
  const [early, late] = await untilHeld(2);
  expect([early, late].map((row) => [row?.request, row?.done])).toEqual([
    [`POST /v1/products/${id}`, false],
    [`POST /v1/products/${id}`, false],
  ]);
  expect(await nameNow()).toBe("before");
  await release(late);
  await Promise.race([one, two]);
  const last = await nameNow();
  await release(early);
  await Promise.all([one, two]);
  expect([last, await nameNow()].sort()).toEqual(["one", "two"]);
  await fault("hold_answer", { match: "/v1/products" });
  const three = rename("three");
  const [answered] = await untilHeld(1);
  expect([answered?.done, await nameNow()]).toEqual([true, "three"]);
  await release(answered);
  expect((await three).name).toBe("three");
});

test("switching the faults off lets go of what is held; what is not held cannot be released", async () => {
  const on = await bench();
  const { fault, clearFaults, untilHeld } = controlsOf(on);
  await fault("hold", { match: "/v1/products" });
  const made = on.stripe.products.create({ name: "A" });
  await untilHeld(1);
  await clearFaults();
  expect((await made).name).toBe("A");
  const headers = { authorization: "Bearer sk_test_control" };
  const none = await fetch(`${on.origin}/_emulator/held/held_none/release`, { method: "POST", headers });
  expect(none.status).toBe(404);
});
