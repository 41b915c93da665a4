import type { Clients } from "../clients.ts";

/** Something that Stripe shows otherwise than it should be. */
export interface Step {
  does: "create" | "change" | "replace" | "archive" | "restore" | "delete";
  what: "product" | "price" | "portal" | "webhook endpoint";
  /** The product's key, the price's lookup key, the endpoint's address. */
  name: string;
  /** Each field, as it is and as it will be; nothing where it is not there. */
  changes: { field: string; from: string | null; to: string | null }[];
  /** What whoever agrees should know. */
  note: string | null;
  run(progress: Progress): Promise<void>;
}

/** What the steps before have made, and where secrets go. */
export interface Progress extends Clients {
  /** Stripe's ids, by the products' keys. */
  products: Map<string, string>;
  /** Stripe's ids, by the prices' lookup keys. */
  prices: Map<string, string>;
  /** What was written, by its id: the mirror is told of each at the end, once. See `save`. */
  saved: Map<string, "product" | "price">;
  /** Keeps the secret by which a new endpoint signs: Stripe's API shows it this once. */
  keepWebhookSecret(secret: string): Promise<void>;
}

/** Writes to Stripe. The mirror is told when all is done: of several answers of one second it keeps the first. */
export async function save<Saved extends { id: string }>(
  { saved }: Progress,
  name: "product" | "price",
  request: Promise<Saved>,
): Promise<Saved> {
  const answer = await request;
  saved.set(answer.id, name);
  return answer;
}

/** What is not in Stripe's API to do. */
export interface ByHand {
  says: string;
  where: string;
}

/** The fields that differ. Nothing and an empty text are the same. */
export function changesOf(
  before: Record<string, string | null | undefined>,
  after: Record<string, string | null | undefined>,
): Step["changes"] {
  return Object.entries(after).flatMap(([field, to]) => {
    const from = before[field];
    return (from || "") === (to || "") ? [] : [{ field, from: from || null, to: to || null }];
  });
}
