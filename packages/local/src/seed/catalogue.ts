import type { Clients } from "@turnpike/core/clients";
import { applySetup, defineBilling, planSetup } from "@turnpike/core/setup";

const monthly = (amount: number, lookupKey: string) =>
  ({ amount, lookupKey, currency: "usd", interval: "month", taxBehavior: "exclusive" }) as const;
const yearly = (amount: number, lookupKey: string) =>
  ({ amount, lookupKey, currency: "usd", interval: "year", taxBehavior: "exclusive" }) as const;

const DEMO = defineBilling({
  products: [
    {
      key: "demo_starter",
      name: "Starter",
      description: "For one person who begins.",
      features: ["1 project", "Community support"],
      metadata: {
        compare_1: "Projects: 1",
        compare_2: "Support: By the community",
        compare_3: "Audit log: no",
        faq_1: "Can I change my plan later? Yes, at any time. You see what it costs before you confirm it.",
        faq_2: "How do I cancel? On your account page, in two clicks. You keep what you have paid for.",
      },
      prices: [monthly(900, "starter_monthly"), yearly(9000, "starter_yearly")],
    },
    {
      key: "demo_pro",
      name: "Pro",
      description: "For teams that ship.",
      features: ["Unlimited projects", "Priority support", "Audit log"],
      metadata: {
        recommended: "true",
        compare_1: "Projects: No limit",
        compare_2: "Support: Within a day",
        compare_3: "Audit log: yes",
      },
      prices: [monthly(2900, "pro_monthly"), yearly(29_000, "pro_yearly")],
    },
    {
      key: "demo_credits",
      name: "Credits",
      description: "1,000 credits that do not expire.",
      features: ["1,000 credits", "One payment, no subscription"],
      metadata: { faq_3: "Do credits expire? No. They are yours until you use them." },
      prices: [{ amount: 4900, lookupKey: "credits_1000", currency: "usd", taxBehavior: "exclusive" }],
    },
  ],
});

/**
 * Gives an empty Stripe account something to sell, and a portal in which customers change between it, as `npx billing setup` does.
 * What is there already, by its lookup key, is left as it is.
 */
export async function seedCatalogue(clients: Clients): Promise<void> {
  const plan = await planSetup(clients, { config: DEMO, keep: true });
  await applySetup(clients, plan, { keepWebhookSecret: async () => {}, onDone: () => {} });
}
