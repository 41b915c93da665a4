import Stripe from "stripe";
import { afterEach, expect, it, vi } from "vitest";
import { stripeJs } from "./stripe-js.ts";

afterEach(() => vi.unstubAllEnvs());

it("pages load Stripe's own script, of the release of the API's version; on a laptop the emulator's", () => {
  vi.stubEnv("STRIPE_PUBLISHABLE_KEY", "pk_live_1");
  vi.stubEnv("STRIPE_API_BASE", "");
  const release = Stripe.API_VERSION.split(".")[1];
  expect(stripeJs()).toEqual({
    VITE_STRIPE_PUBLISHABLE_KEY: "pk_live_1",
    VITE_STRIPE_JS: `https://js.stripe.com/${release}/stripe.js`,
  });
  vi.stubEnv("STRIPE_API_BASE", "http://127.0.0.1:3000");
  expect(stripeJs().VITE_STRIPE_JS).toBe("http://127.0.0.1:3000/c/stripe.js");
});

it("pages that show Checkout are not built without a publishable key, nor with another", () => {
  vi.stubEnv("STRIPE_PUBLISHABLE_KEY", "");
  expect(stripeJs).toThrow("STRIPE_PUBLISHABLE_KEY is not set: the pages need it");
  vi.stubEnv("STRIPE_PUBLISHABLE_KEY", "sk_live_secret");
  expect(stripeJs).toThrow("STRIPE_PUBLISHABLE_KEY holds a secret key of Stripe's");
  expect(stripeJs).not.toThrow("sk_live_secret");
});
