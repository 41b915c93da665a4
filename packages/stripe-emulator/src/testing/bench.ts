import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Stripe from "stripe";
import { type StripeEmulator, type StripeEmulatorOptions, startStripeEmulator } from "../index.ts";
import { observe } from "./coverage.ts";

export const SECRET = "whsec_test";

export interface Received {
  body: string;
  signature: string;
}

/** An emulator on a port of its own, an unmodified stripe-node in front of it, and a webhook endpoint behind. */
export interface Bench {
  emulator: StripeEmulator;
  stripe: Stripe;
  origin: string;
  received: Received[];
  hookUrl: string;
  /** The statuses that the endpoint answers next; 200 when it is empty. */
  answers: number[];
  /** Posts a hosted page's form; redirects are not followed. */
  submit(url: string | null, fields: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;

const listen = (server: Server) => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

export async function openBench(options: Partial<StripeEmulatorOptions> = {}): Promise<Bench> {
  const received: Received[] = [];
  const answers: number[] = [];
  const hook = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    received.push({ body, signature: String(request.headers["stripe-signature"]) });
    const status = answers.shift() ?? 200;
    response.writeHead(status).end(`the endpoint says ${status}`);
  });
  await listen(hook);
  const observed = observe();
  const emulator = await startStripeEmulator({
    settleDelayMs: 200,
    retryDelaysMs: [30, 30, 30],
    webhookEndpoints: [{ url: `http://127.0.0.1:${portOf(hook)}/`, secret: SECRET, enabledEvents: ["*"] }],
    log: observed.line,
    ...options,
  });
  const stripe = new Stripe("sk_test_bench", { ...emulator.client, telemetry: false, maxNetworkRetries: 0 });
  return {
    emulator,
    stripe,
    origin: emulator.origin,
    hookUrl: `http://127.0.0.1:${portOf(hook)}/`,
    received,
    answers,
    submit: (url, fields) =>
      fetch(url ?? "", { method: "POST", body: new URLSearchParams(fields), redirect: "manual" }),
    async close() {
      observed.end(emulator);
      await emulator.close();
      hook.closeAllConnections();
      await new Promise((resolve) => hook.close(resolve));
    },
  };
}

export const CARD = { name: "Ada", card_number: "4242 4242 4242 4242", exp: "12 / 34", cvc: "123" };
export const DECLINED_CARD = { ...CARD, card_number: "4000000000000002" };

/** A product with one price. */
export async function createPlan(
  stripe: Stripe,
  overrides: Partial<Stripe.PriceCreateParams> = {},
): Promise<Stripe.Price> {
  const product = await stripe.products.create({ name: "Pro" });
  return stripe.prices.create({
    product: product.id,
    currency: "eur",
    unit_amount: 1500,
    recurring: { interval: "month" },
    // What it is in euros anyway; but the portal changes nobody to a price that does not say it.
    ...(overrides.currency === undefined && { tax_behavior: "inclusive" as const }),
    ...overrides,
  });
}

export function createCheckout(
  stripe: Stripe,
  price: Stripe.Price,
  overrides: Partial<Stripe.Checkout.SessionCreateParams> = {},
) {
  return stripe.checkout.sessions.create({
    mode: price.recurring ? "subscription" : "payment",
    line_items: [{ price: price.id, quantity: 1 }],
    success_url: "http://localhost/success?session_id={CHECKOUT_SESSION_ID}",
    cancel_url: "http://localhost/pricing",
    ...overrides,
  });
}

/** A portal in which customers change between these prices, and the quantities of what they have. */
export async function letSwitch(
  stripe: Stripe,
  prices: Stripe.Price[],
  update: Partial<Stripe.BillingPortal.ConfigurationCreateParams.Features.SubscriptionUpdate> = {},
): Promise<string> {
  const products = [...Map.groupBy(prices, ({ product }) => String(product))].map(([product, same]) => ({
    product,
    prices: same.map(({ id }) => id),
    adjustable_quantity: { enabled: true },
  }));
  const { id } = await stripe.billingPortal.configurations.create({
    features: {
      payment_method_update: { enabled: true },
      subscription_cancel: { enabled: true },
      subscription_update: {
        enabled: true,
        default_allowed_updates: ["price", "quantity"],
        proration_behavior: "create_prorations",
        products,
        ...update,
      },
    },
  });
  return id;
}

/** The types of the events after the first `from`, in the order in which they happened. */
export const typesSince = (bench: Bench, from: number): string[] =>
  bench.emulator
    .events()
    .slice(from)
    .map((event) => event.type);

export async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 3000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error("What was waited for did not happen within 3 s.");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
