import type Stripe from "stripe";
import { idOf } from "../../stripe/index.ts";
import { mirrored } from "../declare.ts";
import { metadataOf, optionalTimestamp, timestamp } from "../projection.ts";

export const subscriptionSchedule = mirrored({
  object: "subscription_schedule",
  table: "subscription_schedules",
  path: "/v1/subscription_schedules",
  project: (schedule: Stripe.SubscriptionSchedule) => ({
    row: {
      phases: schedule.phases.map((phase) => ({
        start_date: timestamp(phase.start_date),
        end_date: timestamp(phase.end_date),
        items: phase.items.map((item) => ({ price_id: idOf(item.price), quantity: item.quantity ?? null })),
      })),
      status: schedule.status,
      metadata: metadataOf(schedule.metadata),
      created_at: timestamp(schedule.created),
      canceled_at: optionalTimestamp(schedule.canceled_at),
      customer_id: idOf(schedule.customer),
      released_at: optionalTimestamp(schedule.released_at),
      completed_at: optionalTimestamp(schedule.completed_at),
      end_behavior: schedule.end_behavior,
      subscription_id: idOf(schedule.subscription) ?? schedule.released_subscription,
      current_phase_end: optionalTimestamp(schedule.current_phase?.end_date),
      current_phase_start: optionalTimestamp(schedule.current_phase?.start_date),
    },
    // https://docs.stripe.com/api/subscription_schedules/object#subscription_schedule_object-status
    rank: RANKS[schedule.status] ?? 2,
  }),
  listed: { by: "created" },
  events: {
    "subscription_schedule.created": {},
    "subscription_schedule.updated": {},
    "subscription_schedule.canceled": {},
    "subscription_schedule.completed": {},
    "subscription_schedule.released": {},
    "subscription_schedule.aborted": {},
    "subscription_schedule.expiring": {},
  },
});

// It begins, runs, and ends in one of three ways.
const RANKS: Record<string, number> = { not_started: 0, active: 1 };
