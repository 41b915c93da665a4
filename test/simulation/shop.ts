import { createStripe, type StripeClient } from "@turnpike/core/stripe";
import { type Account, person, SECRET_KEY } from "./account.ts";
import type { Customer } from "./customer.ts";
import type { Database } from "./database.ts";
import { runOn } from "./machine.ts";

/** What is on sale: by name, the price's parameters, and the product that it is of. */
const CATALOGUE = {
  basic: { product: "pro", unit_amount: 2900, monthly: true },
  better: { product: "pro", unit_amount: 4900, monthly: true },
  trial: { product: "pro", unit_amount: 1900, monthly: true, trialDays: 14 },
  addon: { product: "addon", unit_amount: 900, monthly: true },
  once: { product: "book", unit_amount: 1500, monthly: false },
};
export type PriceName = keyof typeof CATALOGUE;

/** What the product sells, and its owner's hands at Stripe. */
export class Shop {
  readonly database: Database;
  readonly account: Account;
  readonly stripe: StripeClient;
  readonly prices = new Map<PriceName, string>();
  /** Whoever comes to it, and the addresses that one of them has given up. */
  readonly people: Customer[] = [];
  readonly leftEmails: string[] = [];
  /** Subscriptions whose plan was changed in Stripe's dashboard. */
  readonly changedByHand = new Set<string>();
  /** What the operator has given to somebody, by customer or session; and what they should have been refused. */
  readonly given = new Map<string, string>();
  readonly wronglyGiven: string[] = [];

  constructor(database: Database, account: Account) {
    this.database = database;
    this.account = account;
    this.stripe = createStripe({ secretKey: SECRET_KEY, apiBase: "https://stripe.test" });
  }

  async open(): Promise<void> {
    await runOn(person("owner"), async () => {
      const products = new Map<string, string>();
      for (const name of ["pro", "addon", "book"]) {
        const metadata: Record<string, string> = name === "addon" ? { subscription_group: "addon" } : {};
        products.set(name, (await this.stripe.products.create({ name, metadata })).id);
      }
      for (const [name, offer] of Object.entries(CATALOGUE)) {
        const trial = "trialDays" in offer ? { trial_period_days: offer.trialDays } : {};
        const { id } = await this.stripe.prices.create({
          product: products.get(offer.product) ?? "",
          currency: "usd",
          unit_amount: offer.unit_amount,
          ...(offer.monthly && { recurring: { interval: "month", ...trial } }),
        });
        this.prices.set(name as PriceName, id);
      }
    });
  }

  /** Calls a product otherwise. */
  async rename(): Promise<void> {
    await runOn(person("owner"), async () => {
      const { product } = await this.stripe.prices.retrieve(this.price("once"));
      await this.stripe.products.update(String(product), { description: "As good as new" });
    });
  }

  price(name: PriceName): string {
    return this.prices.get(name) ?? "";
  }

  modeOf(price: string): "payment" | "subscription" {
    return price === this.price("once") ? "payment" : "subscription";
  }

  /** The amounts that pages have shown. */
  get amounts(): number[] {
    return Object.values(CATALOGUE).map(({ unit_amount }) => unit_amount);
  }
}
