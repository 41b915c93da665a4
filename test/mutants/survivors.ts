/** A mutant of the TypeScript that no test misses, and why none is asked to. */
export interface KnownSurvivor {
  file: string;
  /** The line that it changes. */
  code: string;
  /** As `npm run mutants` prints it. */
  change: string;
  reason: string;
}

const OBJECTS = "packages/core/src/mirror/objects";
const WEBHOOK = "packages/core/src/webhook";

/** Each of these changes nothing that can be seen. */
export const SURVIVORS: readonly KnownSurvivor[] = [
  {
    file: `${OBJECTS}/invoice.ts`,
    code: 'rank: RANKS[invoice.status ?? "draft"] ?? 0,',
    change: '"draft" → ""',
    reason: "A status without a rank has that of a draft.",
  },
  {
    file: `${OBJECTS}/checkout-session.ts`,
    code: 'if (bought && typeof bought === "object" && !subscription.isCut?.(bought)) shown.push(subscription.project(bought));',
    change: "subscription.isCut?.(bought) → subscription.isCut(bought)",
    reason: "A subscription's declaration has it; only the type of all declarations says that it may be missing.",
  },
  {
    file: `${OBJECTS}/checkout-session.ts`,
    code: 'const charged = typeof payment === "object" ? payment?.latest_charge : null;',
    change: 'typeof payment === "object" → true',
    reason: "An id is a text, which has no charge.",
  },
  {
    file: `${OBJECTS}/checkout-session.ts`,
    code: 'typeof payment === "object" && ["requires_payment_method", "canceled"].includes(payment?.status ?? "");',
    change: '"" → "Stryker was here!"',
    reason: "Neither is one of the statuses.",
  },
  {
    file: `${OBJECTS}/checkout-session.ts`,
    code: 'typeof payment === "object" && ["requires_payment_method", "canceled"].includes(payment?.status ?? "");',
    change: 'typeof payment === "object" → true',
    reason: "An id is a text, which has no status.",
  },
  {
    file: `${OBJECTS}/checkout-session.ts`,
    code: 'typeof subscription === "object" &&',
    change: 'typeof subscription === "object" → true',
    reason: "An id is a text, which has no status.",
  },
  {
    file: `${OBJECTS}/checkout-session.ts`,
    code: '["past_due", "unpaid", "incomplete_expired"].includes(subscription?.status ?? "");',
    change: '"" → "Stryker was here!"',
    reason: "Neither is one of the statuses.",
  },
  {
    file: `${OBJECTS}/customer.ts`,
    code: '"customer.deleted": { as: ({ id }) => ({ id, object: "customer", deleted: true }) },',
    change: '"customer" → ""',
    reason: "Stripe's type asks for it; nothing reads it.",
  },
  {
    file: `${OBJECTS}/product.ts`,
    code: "marketing_features: (product.marketing_features ?? []).flatMap((feature) => feature.name ?? []),",
    change: '[] → ["Stryker was here"]',
    reason: "A text has no name, and what has none is left out.",
  },
  {
    file: `${WEBHOOK}/verify.ts`,
    code: 'if (!secrets.some((secret) => isSignedWith(secret, body, signature ?? ""))) {',
    change: '"" → "Stryker was here!"',
    reason: "Neither is a signature.",
  },
  ...["false → true", "Stripe.webhooks.signature?.verifyHeader → Stripe.webhooks.signature.verifyHeader"].map(
    (change) => ({
      file: `${WEBHOOK}/verify.ts`,
      code: "return Stripe.webhooks.signature?.verifyHeader(body, signature, secret, Stripe.webhooks.DEFAULT_TOLERANCE) ?? false;",
      change,
      reason: "The library has it; only its types say that it may be missing.",
    }),
  ),
  {
    file: `${WEBHOOK}/verify.ts`,
    code: "} catch {",
    change: "{ … → {}",
    reason: "Then the answer is undefined: to whom it is given, that is no more than false, and no event either.",
  },
];
