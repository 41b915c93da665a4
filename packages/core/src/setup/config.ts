import { boundsOf } from "../catalog/schema.ts";
import { OwnError } from "../errors/index.ts";
import { BillingConfig, type CatalogueConfig, type ProductConfig } from "./schema.ts";

/**
 * What you sell, for `npx billing setup`, and how Checkout is opened: the default export of `billing.config.ts` at the project's root.
 * It changes nothing; it gives the file its types.
 */
export function defineBilling(config: CatalogueConfig): CatalogueConfig;
export function defineBilling(config: BillingConfig): BillingConfig;
export function defineBilling(config: BillingConfig): BillingConfig {
  return config;
}

/** The file is not as it should be: the message says where, line by line. */
export class ConfigError extends OwnError {
  override readonly name = "ConfigError";
  /** `products[0].prices[1].amount`, and what is wrong with it. */
  readonly problems: { path: string; says: string }[];

  constructor(problems: { path: string; says: string }[]) {
    super(problems.map(({ path, says }) => `${path}: ${says}`).join("\n"));
    this.problems = problems;
  }
}

/** @throws ConfigError */
export function parseConfig(value: unknown): BillingConfig {
  const parsed = BillingConfig.safeParse(value);
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.flatMap(({ path, message, ...issue }) =>
        issue.code === "unrecognized_keys"
          ? issue.keys.map((key) => ({ path: pathOf([...path, key]), says: "there is no such field" }))
          : [{ path: pathOf(path), says: message }],
      ),
    );
  }
  const { products = [] } = parsed.data;
  const problems = [
    ...lacking(parsed.data),
    ...twins(products),
    ...unfit(products),
    ...unsellable(products),
    ...contrary(parsed.data),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return parsed.data;
}

function pathOf(path: PropertyKey[]): string {
  const written = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("");
  return written.replace(/^\./, "") || "the default export";
}

/** A file says something, and a portal is made for what the file sells. */
function lacking({ products, portal, checkout }: BillingConfig) {
  if (products || (checkout && !portal)) return [];
  return [{ path: "products", says: "products must be a list" }];
}

/** A key names one thing. */
function twins(products: ProductConfig[]) {
  const seen = new Set<string>();
  const places = products.flatMap(({ key, prices }, place) => [
    { path: `products[${place}].key`, kind: "product", key },
    ...prices.map(({ lookupKey }, at) => ({
      path: `products[${place}].prices[${at}].lookupKey`,
      kind: "price",
      key: lookupKey,
    })),
  ]);
  return places.flatMap(({ path, kind, key }) => {
    const isTaken = seen.has(`${kind} ${key}`);
    seen.add(`${kind} ${key}`);
    return isTaken ? [{ path, says: `another ${kind} is called "${key}"` }] : [];
  });
}

/** What means nothing without an interval. */
function unfit(products: ProductConfig[]) {
  return products.flatMap(({ prices }, place) =>
    prices.flatMap((price, at) =>
      (["intervalCount", "trialDays", "meter"] as const).flatMap((field) =>
        price[field] !== undefined && price.interval === undefined
          ? [
              {
                path: `products[${place}].prices[${at}].${field}`,
                says: "goes with an interval only: this price is paid once",
              },
            ]
          : [],
      ),
    ),
  );
}

/** What no number could be bought of. */
function unsellable(products: ProductConfig[]) {
  return products.flatMap(({ metadata = {} }, place) => {
    const { least, most } = boundsOf(null, metadata);
    const path = `products[${place}].metadata.max_quantity`;
    return least > most ? [{ path, says: "must be min_quantity or more" }] : [];
  });
}

/** What Stripe takes one of. */
function contrary({ checkout = {} }: BillingConfig) {
  return checkout.coupon !== undefined && checkout.promotionCodes
    ? [{ path: "checkout.coupon", says: "goes without promotionCodes only: Stripe takes one or the other" }]
    : [];
}
