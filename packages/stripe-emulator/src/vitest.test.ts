import Stripe from "stripe";
import { describe, expect } from "vitest";
import { test } from "./vitest.ts";

describe.each(["first", "second"])("the %s test", () => {
  test("has a Stripe of its own", async ({ stripeEmulator }) => {
    const stripe = new Stripe("sk_test_emulator", stripeEmulator.client);
    await stripe.customers.create({ name: "Ada" });
    expect((await stripe.customers.list()).data).toHaveLength(1);
  });
});
