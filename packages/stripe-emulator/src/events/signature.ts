import { createHmac } from "node:crypto";

/**
 * The `Stripe-Signature` header of a body (https://docs.stripe.com/webhooks#verify-manually), with one signature for
 * each secret. `moment` in seconds.
 */
export function signatureHeader(body: string, secrets: readonly string[], moment: number): string {
  const sign = (secret: string) => createHmac("sha256", secret).update(`${moment}.${body}`).digest("hex");
  return [`t=${moment}`, ...secrets.map((secret) => `v1=${sign(secret)}`)].join();
}
