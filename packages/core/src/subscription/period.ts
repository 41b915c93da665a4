import type Stripe from "stripe";

/** When the first of its parts is paid again, in seconds: parts may be paid monthly and yearly. */
export const firstEndOf = ({ items }: Stripe.Subscription): number =>
  Math.min(...items.data.map(({ current_period_end: end }) => end));

/** When the last of its parts ends, in seconds. */
export const periodEndOf = ({ items }: Stripe.Subscription): number =>
  Math.max(...items.data.map(({ current_period_end: end }) => end));
