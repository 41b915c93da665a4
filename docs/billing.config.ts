import { defineBilling } from "@turnpike/core/setup";

/** What Stripe sells. Copy this file to the project's root, then `npx billing setup`: see docs/setup.md. */
export default defineBilling({
  products: [
    {
      key: "pro",
      name: "Pro",
      description: "For teams that ship.",
      features: ["Unlimited projects", "Audit log"],
      taxCode: "txcd_10103001",
      prices: [
        {
          lookupKey: "pro_monthly",
          amount: 2900,
          currency: "usd",
          interval: "month",
          taxBehavior: "exclusive",
          trialDays: 14,
        },
        { lookupKey: "pro_yearly", amount: 29_000, currency: "usd", interval: "year", taxBehavior: "exclusive" },
      ],
    },
    { key: "credits", name: "Credits", prices: [{ lookupKey: "credits_1000", amount: 4900, currency: "usd" }] },
  ],
  portal: { cancel: "at_period_end", switchPlans: true },
  checkout: { taxIds: true, metadata: ["referral"] },
});
