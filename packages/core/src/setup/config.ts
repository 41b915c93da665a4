import { OwnError } from "../errors/index.ts";
import { BillingConfig } from "./schema.ts";

/**
 * What you sell, for `npx billing setup`: the default export of `billing.config.ts` at the project's root.
 * It changes nothing; it gives the file its types.
 */
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
  const problems = [...twins(parsed.data), ...unfit(parsed.data)];
  if (problems.length > 0) throw new ConfigError(problems);
  return parsed.data;
}

function pathOf(path: PropertyKey[]): string {
  const written = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("");
  return written.replace(/^\./, "") || "the default export";
}

/** A key names one thing. */
function twins({ products }: BillingConfig) {
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
function unfit({ products }: BillingConfig) {
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
