import { createHash } from "node:crypto";
import type Stripe from "stripe";
import { IN_TIME } from "../checkout/index.ts";
import type { Clients } from "../clients.ts";
import type { User } from "../identity/index.ts";
import { getObject, noteDone, type ObjectName, type SourceOf } from "../mirror/index.ts";
import { isReplayed, orAnew, write } from "../stripe/index.ts";
import { refusalOf } from "./refusals.ts";

/** Who asks, and the key by which they would know their request again. */
export interface Caller {
  user: User;
  idempotencyKey?: string | undefined;
}

/**
 * Changes something at Stripe, and tells the mirror. A request that the caller sends again, with its key, is done once: then the
 * object is answered as it is by now.
 * @throws BillingError for what Stripe refuses and could be foreseen
 */
export function ask<Name extends ObjectName>(
  clients: Clients,
  name: Name,
  path: string,
  params: object,
  idempotencyKey?: string,
): Promise<SourceOf<Name>> {
  return noteDone(clients, name, () => askUnnoted(clients, name, path, params, idempotencyKey));
}

/** The same, and the mirror is told by what follows: of several answers of one second it keeps the first. */
export function askUnnoted<Name extends ObjectName>(
  { stripe }: Clients,
  name: Name,
  path: string,
  params: object,
  idempotencyKey?: string,
): Promise<Stripe.Response<SourceOf<Name>>> {
  return orRefuse(idempotencyKey, async (options) => {
    const answer = await write<SourceOf<Name>>(stripe, path, params, options);
    const object = getObject(name);
    return isReplayed(answer) || object.isCut?.(answer) ? object.retrieve(stripe, answer.id) : answer;
  });
}

/**
 * Asks Stripe by the caller's key. What Stripe stored as that key's failure is asked for anew: under the lease it was seen not to be done.
 * @throws BillingError for what Stripe refuses and could be foreseen
 */
async function orRefuse<Answer>(
  idempotencyKey: string | undefined,
  change: (options: Stripe.RequestOptions) => Promise<Answer>,
): Promise<Answer> {
  try {
    const asked = change({ ...IN_TIME, ...(idempotencyKey && { idempotencyKey }) });
    return await orAnew(asked, () => change(IN_TIME));
  } catch (error) {
    throw refusalOf(error) ?? error;
  }
}

/** The key that Stripe is given for a step of what a caller asks for: one of the caller's own, so that nobody's key is another's. */
export function keyFor({ user, idempotencyKey }: Caller, step: string): string | undefined {
  if (idempotencyKey === undefined) return undefined;
  return createHash("sha256")
    .update(JSON.stringify([user.id, step, idempotencyKey]))
    .digest("hex");
}
