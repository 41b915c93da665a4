import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { type Instrument, methodFields } from "./test-cards.ts";

type PaymentMethod = Stored<Stripe.PaymentMethod>;

export interface Payer {
  email: string | null;
  name: string | null;
  address?: Stripe.Address | null;
  phone?: string | null;
}

export function createPaymentMethod(
  world: World,
  instrument: Instrument,
  payer: Payer,
  given: Stripe.Metadata = {},
  id = newId("pm"),
): PaymentMethod {
  const { outcome, decline } = instrument;
  world.store.instruments.put({ id, outcome, ...(decline ? { decline } : {}) });
  return world.store.paymentMethods.put({
    id,
    object: "payment_method",
    allow_redisplay: "limited",
    billing_details: {
      address: payer.address ?? null,
      email: payer.email,
      name: payer.name,
      phone: payer.phone ?? null,
      tax_id: null,
    },
    created: world.now(),
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: given,
    ...methodFields(instrument),
  });
}

/** Gives a method to a customer, who may use it any number of times, also one that has just paid for the first time. */
export function attachPaymentMethod(world: World, id: string, customer: string): PaymentMethod {
  const { usedUp: _before, ...instrument } = world.store.instruments.get(id);
  world.store.instruments.put(instrument);
  const attached = world.update("paymentMethods", id, { customer });
  world.emit("payment_method.attached", attached);
  return attached;
}

/** It was a customer's, or has been charged without being one's, and pays nothing any more. */
export function retirePaymentMethod(world: World, id: string): void {
  world.store.instruments.put({ ...world.store.instruments.get(id), usedUp: true });
}

export const isUsedUp = (world: World, id: string): boolean => world.store.instruments.get(id).usedUp === true;
