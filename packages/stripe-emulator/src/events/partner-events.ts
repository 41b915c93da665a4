import type { EventRow } from "../state/rows.ts";

/**
 * An event as a partner of Amazon's hands it to EventBridge.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPartnerEventsRequestEntry.html
 */
export interface PartnerEvent {
  Source: string;
  DetailType: string;
  /** JSON. */
  Detail: string;
  Resources: string[];
  Time: Date;
}

/** An event destination of the type `amazon_eventbridge`: https://docs.stripe.com/event-destinations/eventbridge */
export interface EventBridgeDestination {
  /** The partner event source's name: `aws.partner/stripe.com/ed_…`. */
  eventSource: string;
  enabledEvents: readonly string[];
  /** EventBridge. Resolves when it has the event. */
  put(event: PartnerEvent): Promise<void>;
}

export function partnerEvent(eventSource: string, event: EventRow): PartnerEvent {
  return {
    Source: eventSource,
    DetailType: event.type,
    Detail: JSON.stringify(event),
    Resources: [],
    Time: new Date(event.created * 1000),
  };
}
