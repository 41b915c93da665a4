import type Stripe from "stripe";
import { enabledEvents } from "../mirror/index.ts";
import { STRIPE_API_VERSION } from "../stripe/version.ts";
import { type Check, count, type Found } from "./finding.ts";

const WHY = "What happens at Stripe comes late, by the reconciliation alone, or not at all.";
const MEND = "docs/deploy.md, Events by EventBridge";

export const eventDestination: Check = {
  name: "event destination",
  async look({ stripe, eventSource }): Promise<Found> {
    if (!eventSource) return { ok: "none is needed: events do not come by EventBridge" };
    const all = await stripe.v2.core.eventDestinations.list({ limit: 100 }).autoPagingToArray({ limit: 1000 });
    const ours = all.find(({ amazon_eventbridge: to }) => to?.aws_event_source_arn.endsWith(`/${eventSource}`));
    if (!ours) return { says: `Stripe has no destination for ${eventSource}`, why: WHY, mend: MEND };
    return (
      troubleOf(ours) ?? { ok: `${ours.id} sends ${enabledEvents.length} kinds of event in ${STRIPE_API_VERSION}` }
    );
  },
};

function troubleOf(destination: Stripe.V2.Core.EventDestination): Found | undefined {
  const { id, status, status_details, amazon_eventbridge, enabled_events, event_payload, snapshot_api_version } =
    destination;
  if (status !== "enabled") {
    const reason = status_details?.disabled?.reason ?? "no reason is said";
    return { says: `The destination ${id} is disabled: ${reason}`, why: WHY, mend: MEND };
  }
  if (amazon_eventbridge?.aws_event_source_status !== "active") {
    return {
      says: `The event source of ${id} is ${amazon_eventbridge?.aws_event_source_status}, and not active`,
      why: `It is tied to no bus: within seven days AWS takes it away. ${WHY}`,
      mend: MEND,
    };
  }
  const sent = event_payload === "thin" ? enabled_events.map((type) => type.replace(/^v1\./, "")) : enabled_events;
  const lacking = enabledEvents.filter((type) => !sent.includes(type) && !sent.includes("*"));
  if (lacking.length > 0) {
    return {
      says: `The destination ${id} lacks ${count(lacking.length, "event")}`,
      details: lacking,
      why: WHY,
      mend: MEND,
    };
  }
  if (event_payload === "thin") {
    return {
      state: "warning",
      says: `The destination ${id} sends thin events`,
      why: "Each costs one request to Stripe, or two, before it is applied.",
      mend: MEND,
    };
  }
  if (snapshot_api_version === STRIPE_API_VERSION) return undefined;
  return {
    state: "warning",
    says: `The destination ${id} sends in version ${snapshot_api_version}, and not in ${STRIPE_API_VERSION}`,
    why: "The mirror reads other versions too, as long as it knows them: a future one it does not.",
    mend: MEND,
  };
}
