import type Stripe from "stripe";
import { requiredIdOf } from "../stripe/index.ts";
import { changesOf, type Progress, type Step, save } from "./plan.ts";
import { planPrices } from "./prices.ts";
import type { CatalogueConfig, ProductConfig } from "./schema.ts";
import { KEY, type Standing } from "./standing.ts";

/** What makes Stripe sell what the file says, products before their prices. What the file no longer names is archived. */
export function planCatalogue(standing: Standing, config: CatalogueConfig): Step[] {
  const named = new Set(config.products.map(({ key }) => key));
  const lookupKeys = new Set(config.products.flatMap(({ prices }) => prices.map(({ lookupKey }) => lookupKey)));
  const dropped = [...standing.products].filter(([key, product]) => !named.has(key) && product.active);
  return [
    ...config.products.flatMap((product) => [
      ...planProduct(standing.products.get(product.key), product),
      ...planPrices(standing, product, lookupKeys),
    ]),
    ...dropped.map(([key, product]) => archiveProduct(key, product)),
  ];
}

function planProduct(standing: Stripe.Product | undefined, wanted: ProductConfig): Step[] {
  const { key } = wanted;
  const named = Object.keys(wanted.metadata ?? {});
  const before = standing ? { ...shown(standing), ...metadataOf(standing.metadata, named) } : {};
  const changes = changesOf(before, {
    ...metadataOf(wanted.metadata ?? {}, named),
    name: wanted.name,
    description: wanted.description,
    features: (wanted.features ?? []).join(", "),
    group: wanted.group,
    "tax code": wanted.taxCode,
    key,
  });
  const params = paramsOf(wanted);
  const base = { what: "product", name: key, note: null } as const;
  if (!standing) {
    const create = async (progress: Progress) => {
      const made = await save(progress, "product", progress.stripe.products.create(params.create));
      progress.products.set(key, made.id);
    };
    return [{ ...base, does: "create", changes, run: create }];
  }
  if (changes.length === 0 && standing.active) return [];
  const update = async (progress: Progress) =>
    void (await save(
      progress,
      "product",
      progress.stripe.products.update(standing.id, { ...params.update, active: true }),
    ));
  return [{ ...base, does: standing.active ? "change" : "restore", changes, run: update }];
}

const metadataOf = (metadata: Record<string, string>, keys: string[]) =>
  Object.fromEntries(keys.map((key) => [`metadata ${key}`, metadata[key] || undefined]));

const shown = (product: Stripe.Product) => ({
  name: product.name,
  description: product.description,
  features: product.marketing_features.map(({ name }) => name).join(", "),
  group: product.metadata.subscription_group,
  "tax code": product.tax_code && requiredIdOf(product.tax_code),
  key: product.metadata[KEY],
});

function paramsOf({ key, name, description, features = [], group, taxCode, metadata }: ProductConfig) {
  const marketing_features = features.map((feature) => ({ name: feature }));
  return {
    create: {
      name,
      marketing_features,
      metadata: { ...metadata, [KEY]: key, ...(group && { subscription_group: group }) },
      ...(description && { description }),
      ...(taxCode && { tax_code: taxCode }),
    },
    // An empty text takes away what is there: https://docs.stripe.com/api/metadata
    update: {
      name,
      description: description ?? "",
      marketing_features: features.length > 0 ? marketing_features : ("" as const),
      metadata: { ...metadata, [KEY]: key, subscription_group: group ?? "" },
      tax_code: taxCode ?? "",
    } satisfies Stripe.ProductUpdateParams,
  };
}

function archiveProduct(key: string, { id }: Stripe.Product): Step {
  return {
    does: "archive",
    what: "product",
    name: key,
    changes: [],
    note: "It is sold no more. Whoever has it keeps it, and goes on paying.",
    run: async (progress) =>
      void (await save(progress, "product", progress.stripe.products.update(id, { active: false }))),
  };
}
