import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { type EventAbout, enabledEvents, FETCHES_A_SECOND, findObject } from "../mirror/index.ts";
import { createPace, isMissing } from "../stripe/index.ts";
import type { ThinEvent } from "./assert-event.ts";

// A whole batch may be of them, and each is one request or two.
const pace = createPace(FETCHES_A_SECOND);

/**
 * The event that a thin one stands for: the snapshot event of the same change where Stripe made one, so that both kinds of endpoint
 * lead to the same entry of the ledger; else one that says only which object is to be fetched. One about what is not mirrored is of no use, and
 * Stripe is not asked.
 * @see https://docs.stripe.com/event-destinations#thin-events
 * @throws when Stripe does not answer
 */
export async function resolveThinEvent(
  { stripe }: Pick<Clients, "stripe">,
  thin: ThinEvent,
  request: Stripe.RequestOptions,
): Promise<EventAbout> {
  const { id, type, livemode, context, related_object: related } = thin;
  const about = related ? findObject(related.url) : undefined;
  if (about || isOfUse(type)) {
    const snapshot = await findSnapshot(stripe, thin, request);
    if (snapshot) return snapshot;
  }
  return {
    id,
    object: "event",
    type,
    created: Math.floor(Date.parse(thin.created) / 1000),
    livemode,
    api_version: null,
    ...(context && { context }),
    data: { object: { id: related?.id } },
    about: about ?? null,
  } as unknown as EventAbout;
}

/** `v1.customer.created` is the thin form of `customer.created`. */
function isOfUse(type: string): boolean {
  return type.startsWith("v1.") && (enabledEvents as string[]).includes(type.slice("v1.".length));
}

/** What is delivered may lack the snapshot event's id, which Stripe's own copy has. It forgets both after thirty days. */
async function findSnapshot(stripe: Stripe, thin: ThinEvent, request: Stripe.RequestOptions) {
  try {
    const id =
      thin.snapshot_event ?? (await pace(() => stripe.v2.core.events.retrieve(thin.id, {}, request))).snapshot_event;
    return id ? await pace(() => stripe.events.retrieve(id, {}, request)) : undefined;
  } catch (error) {
    if (isMissing(error) || (error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}
