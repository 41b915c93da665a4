import type { Clients } from "../clients.ts";
import { assertSameAccount, getObject, noteAnew, type ObjectName, type SourceOf } from "../mirror/index.ts";
import { isMissing } from "../stripe/index.ts";

/** What the handlers of notices work with. */
export interface Context extends Clients {
  /** What becomes of the subscriptions of a payer who left. */
  onUserDelete: "cancel" | "cancel_at_period_end" | "keep";
  /** What becomes of a second subscription of one group, where both were sold through our own pages. */
  onDoubleSubscription: "cancel" | "report";
}

/**
 * Handles what a notice is about, and answers what the operator must be told, if anything. It may run more than once for one notice,
 * also after it has begun and died: what it does again must come to the same.
 */
export type Handler = (context: Context, objectId: string) => Promise<string | undefined>;

/**
 * Reads an object as Stripe holds it now, and notes it in the mirror; undefined when Stripe does not know it.
 * @throws OtherAccountError when it cannot know it, because the key is of another account
 */
export function look<Name extends ObjectName>(
  clients: Clients,
  name: Name,
  id: string,
): Promise<SourceOf<Name> | undefined> {
  return orUnknown(clients, noteAnew(clients, name, id));
}

/** The same, for who may change it, and notes that: of several answers of one second the mirror keeps the first. */
export function lookUnnoted<Name extends ObjectName>(
  clients: Clients,
  name: Name,
  id: string,
): Promise<SourceOf<Name> | undefined> {
  return orUnknown(clients, getObject(name).retrieve(clients.stripe, id));
}

async function orUnknown<Answer>(clients: Clients, asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (!isMissing(error)) throw error;
    await assertSameAccount(clients);
    return undefined;
  }
}

/** Where Stripe's own pages show an object. */
export function pageOf({ stripe }: Clients, kind: "subscriptions" | "disputes" | "radar/fraud-warnings", id: string) {
  return `https://dashboard.stripe.com/${stripe.livemode ? "" : "test/"}${kind}/${id}`;
}
