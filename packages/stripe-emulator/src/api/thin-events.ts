import type { EventRow } from "../state/rows.ts";
import { stripeApi } from "./stripe-api.ts";

/** What a thin event says of its object: where it is, and nothing of how it is. */
interface RelatedObject {
  id: string;
  type: string;
  url: string;
}

/** https://docs.stripe.com/api/v2/core/events/object, as an endpoint for thin events gets it. */
export interface ThinEvent {
  id: string;
  object: "v2.core.event";
  type: `v1.${EventRow["type"]}`;
  /** ISO 8601. */
  created: string;
  livemode: false;
  reason: { type: "request"; request: { id: string; idempotency_key: string | null } } | null;
  related_object: RelatedObject | null;
  snapshot_event: string;
}

const PREFIX = "evt_test_";

/** A snapshot event as the thin one that tells of the same (https://docs.stripe.com/event-destinations#thin-events). */
export function thinEvent({ id, type, created, request, data }: EventRow): ThinEvent {
  return {
    id: id.replace("evt_", PREFIX),
    object: "v2.core.event",
    type: `v1.${type}`,
    created: new Date(created * 1000).toISOString(),
    livemode: false,
    reason: request.id === null ? null : { type: "request", request: { ...request, id: request.id } },
    related_object: relatedTo(data.object),
    snapshot_event: id,
  };
}

/** The id of the snapshot event that a thin one corresponds to. */
export const snapshotOf = (id: string): string => id.replace(PREFIX, "evt_");

function relatedTo({ id, object }: EventRow["data"]["object"]): RelatedObject | null {
  const address = ADDRESSES.get(object);
  return id === undefined || address === undefined
    ? null
    : { id, type: object, url: address.replace(":id", encodeURIComponent(id)) };
}

/** `TestHelpers.TestClock` is the `test_helpers.test_clock` of the API. */
const objectOf = (type: string): string =>
  type === "InvoiceItem" ? "invoiceitem" : type.replaceAll(/(?<=[a-z])[A-Z]/g, "_$&").toLowerCase();

/** Where an object of a kind is read: `customer` at `/v1/customers/:id`. */
const ADDRESSES = new Map(
  Object.entries(stripeApi.operations).flatMap(([operation, { answer, list }]) => {
    const path = /^GET (\/v1\/[\w/]+\/:id)$/.exec(operation)?.[1];
    const type = answer?.[0];
    return path === undefined || type === undefined || list ? [] : [[objectOf(type), path] as const];
  }),
);
