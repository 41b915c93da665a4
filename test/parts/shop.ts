import { applyEvents } from "@turnpike/core/mirror";
import { expect } from "vitest";
import { event, product } from "../builders.ts";
import type { LentStripe, LentSupabase } from "./index.ts";
import { SITE } from "./lambda.ts";
import { addUser } from "./people.ts";

export type Shop = ReturnType<typeof createShop>;

/** A catalogue at Stripe that the mirror shows, and people who buy there. */
export function createShop(supabase: LentSupabase, { stripe }: LentStripe) {
  const billing = {
    stripe,
    supabase: supabase.client,
    site: { url: SITE, allowedOrigins: [SITE] },
    trialRequiresCard: true,
    checkout: {},
  };
  const apply = async (...events: Parameters<typeof applyEvents>[1]) => [
    ...(await applyEvents(billing, events)).outcomes.values(),
  ];

  return {
    billing,
    apply,

    /** Puts a price of a new product, or of this one, on sale. */
    async sell(
      kind: "once" | "monthly",
      {
        product: known,
        currency = "usd",
        group,
        productMetadata: ofProduct = {},
        trialDays,
        meter,
        amount = 2900,
        interval = "month",
        intervalCount = 1,
        metadata: ofPrice = {},
        currencies: currency_options,
        packages,
        taxBehavior = "exclusive", // without it the portal changes nobody to another price
      }: Offer = {},
    ) {
      const metadata = { ...ofProduct, ...(group !== undefined && { subscription_group: group }) };
      const sold = known ?? (await stripe.products.create({ name: "Pro", metadata })).id;
      const recurring = kind === "monthly" && {
        interval,
        interval_count: intervalCount,
        ...(trialDays && { trial_period_days: trialDays }),
        ...(meter && { meter, usage_type: "metered" as const }),
      };
      const { id } = await stripe.prices.create({
        product: sold,
        currency,
        unit_amount: amount,
        tax_behavior: taxBehavior,
        ...(currency_options && { currency_options }),
        ...(packages && { transform_quantity: { divide_by: packages, round: "up" } }),
        metadata: ofPrice,
        ...(recurring && { recurring }),
      });
      const made = { ...(await stripe.prices.retrieve(id, { expand: ["currency_options"] })), created: LONG_AGO };
      await apply(
        ...(known ? [] : [event("product.created", product({ id: sold, metadata }), LONG_AGO)]),
        event("price.created", made, LONG_AGO),
      );
      return { id, product: sold };
    },

    newUser: () => addUser(supabase),

    /** Makes the mirror pass for one into which all that Stripe holds has been read. */
    completeMirror: () =>
      supabase.query(
        "insert into billing.completeness (object, complete_as_of, objects, differing) select object, now(), 0, 0 from billing.mirrored",
      ),

    purchase: (priceId: string, fields: object = {}) => ({
      priceId,
      successUrl: `${SITE}/success`,
      cancelUrl: `${SITE}/pricing`,
      ...fields,
    }),

    /** Pays on Stripe's page, as its form does. */
    async pay(url: string, fields: Record<string, string> = {}) {
      const answer = await fetch(url, {
        method: "POST",
        redirect: "manual",
        body: new URLSearchParams({
          email: "buyer@example.com",
          card_number: "4242 4242 4242 4242",
          exp: "12 / 34",
          cvc: "123",
          name: "Ada Lovelace",
          country: "US",
          state: "OR", // where nothing is taxed
          postal_code: "97201",
          ...fields,
        }),
      });
      expect(answer.status, await answer.text()).toBe(303);
    },
  };
}

interface Offer {
  product?: string;
  currency?: string;
  /** What it costs in others. */
  currencies?: Record<string, { unit_amount: number }>;
  group?: string;
  productMetadata?: Record<string, string>;
  /** Of the price. */
  metadata?: Record<string, string>;
  trialDays?: number;
  /** Of a price by use. */
  meter?: string;
  amount?: number;
  interval?: "day" | "week" | "month" | "year";
  intervalCount?: number;
  /** So many are one of what it costs. */
  packages?: number;
  taxBehavior?: "exclusive" | "inclusive";
}

export const LONG_AGO = 1_790_000_000;
