import type Stripe from "stripe";
import { requiredIdOf } from "../stripe/index.ts";
import { changesOf, type Progress, type Step, save } from "./plan.ts";
import type { PriceConfig, ProductConfig } from "./schema.ts";
import { KEY, type Standing } from "./standing.ts";

/**
 * The prices of one product: those of the file, then those that it no longer names.
 * @param named every lookup key of the file
 */
export function planPrices(standing: Standing, product: ProductConfig, named: Set<string>): Step[] {
  const known = standing.products.get(product.key);
  const ours = known ? [...standing.prices.values()].filter((price) => requiredIdOf(price.product) === known.id) : [];
  const dropped = ours.filter((price) => price.active && !named.has(price.lookup_key ?? "") && price.metadata[KEY]);
  const former = known ? (standing.former.get(known.id) ?? []) : [];
  return [
    ...product.prices.flatMap((price) =>
      planPrice(standing.prices.get(price.lookupKey), known?.id, product.key, price),
    ),
    ...[...dropped, ...former].map((price) => archivePrice(price)),
  ];
}

function planPrice(
  standing: Stripe.Price | undefined,
  productId: string | undefined,
  productKey: string,
  wanted: PriceConfig,
): Step[] {
  const base = { what: "price", name: wanted.lookupKey } as const;
  if (!standing) {
    const changes = changesOf({}, { ...fixed(wanted), nickname: wanted.nickname });
    return [{ ...base, does: "create", changes, note: null, run: (progress) => create(progress, productKey, wanted) }];
  }
  const moved = requiredIdOf(standing.product) !== productId;
  const replaced = [
    ...changesOf(fixedOf(standing), fixed(wanted)).filter(({ field, from, to }) => field !== "tax" || (from && to)),
    ...(moved ? [{ field: "product", from: requiredIdOf(standing.product), to: productId ?? productKey }] : []),
  ];
  if (replaced.length > 0) {
    return [
      {
        ...base,
        does: "replace",
        changes: replaced,
        note: "It becomes a new price, and the old one is archived. Whoever has the old one goes on paying it.",
        run: (progress) => replace(progress, standing, productKey, wanted),
      },
    ];
  }
  const { nickname, lookupKey, taxBehavior } = wanted;
  // A nickname can be changed, and not be taken away; how it is taxed can be said once.
  const changes = changesOf(
    { nickname: standing.nickname, key: standing.metadata[KEY], tax: fixedOf(standing).tax },
    { ...(nickname && { nickname }), key: lookupKey, ...(taxBehavior && { tax: taxBehavior }) },
  );
  if (changes.length === 0 && standing.active) return [];
  const params = {
    active: true,
    metadata: { [KEY]: lookupKey },
    ...(nickname && { nickname }),
    ...(taxBehavior && { tax_behavior: taxBehavior }),
  };
  const run = async (progress: Progress) =>
    void (await save(progress, "price", progress.stripe.prices.update(standing.id, params)));
  return [{ ...base, does: standing.active ? "change" : "restore", changes, note: null, run }];
}

/** What Stripe never changes of a price. */
const fixed = ({ amount, currency, interval, intervalCount = 1, trialDays, meter, taxBehavior }: PriceConfig) => ({
  amount: `${amount} ${currency}`,
  every: interval ? `${intervalCount} ${interval}` : null,
  "trial days": trialDays?.toString(),
  meter,
  tax: taxBehavior,
});

const fixedOf = ({ unit_amount, currency, recurring, tax_behavior }: Stripe.Price) => ({
  amount: `${unit_amount} ${currency}`,
  every: recurring ? `${recurring.interval_count} ${recurring.interval}` : null,
  "trial days": recurring?.trial_period_days?.toString(),
  meter: recurring?.meter,
  tax: tax_behavior === "unspecified" ? null : tax_behavior,
});

async function create(progress: Progress, productKey: string, wanted: PriceConfig): Promise<void> {
  const { amount, currency, lookupKey, interval, intervalCount = 1, trialDays, meter, taxBehavior, nickname } = wanted;
  const product = progress.products.get(productKey);
  if (!product) throw new TypeError(`the product ${productKey} was not made`);
  const made = await save(
    progress,
    "price",
    progress.stripe.prices.create({
      product,
      unit_amount: amount,
      currency,
      lookup_key: lookupKey,
      transfer_lookup_key: true,
      metadata: { [KEY]: lookupKey },
      ...(nickname && { nickname }),
      ...(taxBehavior && { tax_behavior: taxBehavior }),
      ...(interval && {
        recurring: {
          interval,
          interval_count: intervalCount,
          ...(trialDays && { trial_period_days: trialDays }),
          ...(meter && { meter, usage_type: "metered" as const }),
        },
      }),
    }),
  );
  progress.prices.set(lookupKey, made.id);
}

/** Cut off anywhere, the next run finds the old one by its key in the metadata, and archives it. */
async function replace(progress: Progress, old: Stripe.Price, productKey: string, wanted: PriceConfig): Promise<void> {
  await save(progress, "price", progress.stripe.prices.update(old.id, { metadata: { [KEY]: wanted.lookupKey } }));
  await create(progress, productKey, wanted);
  await archive(progress, old, progress.prices.get(wanted.lookupKey));
}

/** Stripe does not archive the price that a product shows first, so another takes its place. */
async function archive(progress: Progress, price: Stripe.Price, follower?: string): Promise<void> {
  const { stripe } = progress;
  const productId = requiredIdOf(price.product);
  const product = await stripe.products.retrieve(productId);
  if (product.default_price && requiredIdOf(product.default_price) === price.id) {
    const other =
      follower ??
      (await stripe.prices.list({ product: productId, active: true, limit: 2 })).data.find(({ id }) => id !== price.id)
        ?.id;
    if (other) await save(progress, "product", stripe.products.update(productId, { default_price: other }));
  }
  await save(progress, "price", stripe.prices.update(price.id, { active: false }));
}

function archivePrice(price: Stripe.Price): Step {
  return {
    does: "archive",
    what: "price",
    name: price.lookup_key ?? `${price.metadata[KEY]} (${price.id})`,
    changes: [],
    note: "It is sold no more. Whoever has it goes on paying it.",
    run: (progress) => archive(progress, price),
  };
}
