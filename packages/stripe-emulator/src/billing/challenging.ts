import type Stripe from "stripe";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";

type PaymentMethod = Stored<Stripe.PaymentMethod>;

export const CHALLENGE_FAILED = {
  code: "payment_intent_authentication_failure",
  message: "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
};

/** The bank wants to see its customer: nothing is charged until the challenge page was answered. */
export function challenge(
  world: World,
  intentId: string,
  method: PaymentMethod,
  returnUrl: string | null = null,
): void {
  const url = `${world.publicUrl}/c/challenge/${intentId}`;
  const intent = world.update("paymentIntents", intentId, {
    status: "requires_action",
    payment_method: method.id,
    next_action: { type: "redirect_to_url", redirect_to_url: { return_url: returnUrl, url } },
  });
  world.emit("payment_intent.requires_action", intent);
}

/** The challenge was not passed. There never was a charge. */
export function failChallenge(world: World, intentId: string): void {
  const { payment_method: method } = world.store.paymentIntents.get(intentId);
  const intent = world.update("paymentIntents", intentId, {
    status: "requires_payment_method",
    payment_method: null,
    next_action: null,
    last_payment_error: {
      type: "card_error",
      ...CHALLENGE_FAILED,
      ...(method ? { payment_method: world.store.paymentMethods.get(method) } : {}),
    },
  });
  world.emit("payment_intent.payment_failed", intent);
}
