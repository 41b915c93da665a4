import type Stripe from "stripe";
import { clearable, hashOf, schema, text } from "../api/params.ts";

export const address = hashOf(
  schema({
    city: clearable(text),
    country: clearable(text),
    line1: clearable(text),
    line2: clearable(text),
    postal_code: clearable(text),
    state: clearable(text),
  }),
);

export function addressOf(
  read: Partial<Record<keyof Stripe.Address, string | null>> | null | undefined,
): Stripe.Address | null {
  if (!read) return null;
  return { city: null, country: null, line1: null, line2: null, postal_code: null, state: null, ...read };
}
