import type Stripe from "stripe";
import type { MirroredObject } from "./declare.ts";
import type { ObjectName } from "./fetch.ts";
import { objects } from "./objects.ts";
import type { NoticeKind, Projection } from "./projection.ts";
import { explain, UnreadableError } from "./unreadable.ts";

/** Of each event, the object that it shows. */
const shownBy = new Map<string, MirroredObject>(
  Object.values<MirroredObject>(objects).flatMap((object) => Object.keys(object.events).map((type) => [type, object])),
);

/** The events that Stripe's webhook endpoint is created with. */
export const enabledEvents = [...shownBy.keys()] as Stripe.Event.Type[];

/** An event that does not show its object, and says only which it is: it has to be fetched. Nothing, where it is not mirrored. */
export type EventAbout = Stripe.Event & { about?: ObjectName | null };

/** What an event shows: how its object looks, and whether someone must be told. */
export interface Shown {
  event: Stripe.Event;
  projection: Projection;
  notify: NoticeKind | undefined;
  /** The event does not show all of the row: the object must be fetched. */
  partial: boolean;
  /** The same object as deleted; undefined for one that Stripe never forgets. */
  forgotten: Projection | undefined;
}

/**
 * Reads an event; undefined when Turnpike has no use for its type, or it is about a connected account's object: the owner of that
 * account could name any user in its metadata. https://docs.stripe.com/connect/webhooks
 * @throws UnreadableError when the payload cannot be read; its message names the field
 */
export function readEvent(event: EventAbout): Shown | undefined {
  if (event.account) return undefined;
  if (event.about !== undefined) return event.about ? readAbout(event, event.about) : undefined;
  const object = shownBy.get(event.type);
  if (!object) return undefined;
  const { as, deleted, partial, notify } = object.events[event.type] ?? {};
  const payload = event.data?.object;
  if (!as && !isOf(object, payload)) throw new UnreadableError(`${object.object}.object: it is of another kind`);
  const source = as ? explain(object.object, payload, (shown) => as(shown as never)) : payload;
  return explain(object.object, source, (readable) => {
    const shown = readable as { id: string };
    const projection = object.project(shown, deleted);
    // Of two events of one second, a creation came first.
    if (event.type.endsWith(".created")) projection.rank -= 1;
    return {
      event,
      projection,
      notify: typeof notify === "function" ? notify(event) : notify,
      partial: partial ?? object.isCut?.(shown) ?? false,
      forgotten: object.isForgotten?.(shown) ? object.project(shown, true) : undefined,
    };
  });
}

/** Stripe calls `checkout_session` a `checkout.session`, and `early_fraud_warning` one of `radar`. */
function isOf({ object }: MirroredObject, payload: unknown): boolean {
  const { object: kind } = (payload ?? {}) as { object?: unknown };
  return typeof kind !== "string" || kind.replace(".", "_").endsWith(object);
}

function readAbout(event: Stripe.Event, object: ObjectName): Shown {
  const { id: object_id } = event.data.object as { id: string };
  const projection = { object, object_id, rank: 0, deleted: false, row: {} } as Projection;
  return { event, projection, notify: undefined, partial: true, forgotten: undefined };
}
