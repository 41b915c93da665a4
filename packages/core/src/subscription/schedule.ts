import type Stripe from "stripe";

type Schedule = Stripe.SubscriptionSchedule;

/** In the metadata of a schedule that our own routes made. */
export const BY_US = { scheduled_by: "turnpike" };

export const isByUs = ({ metadata }: Schedule): boolean => metadata?.scheduled_by === BY_US.scheduled_by;

/** The phase that is to come; none of a schedule that has run through its phases, which keeps nobody from a change. */
export const nextPhaseOf = ({ phases, current_phase: now }: Schedule): Stripe.SubscriptionSchedule.Phase | undefined =>
  phases.find(({ start_date: begins }) => begins >= (now?.end_date ?? 0));
