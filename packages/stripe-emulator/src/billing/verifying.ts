import type Stripe from "stripe";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";

export type VerificationSession = Stored<Stripe.Identity.VerificationSession>;

const OVER = { status: "canceled", client_secret: null, url: null };

export function cancelVerification(world: World, id: string): VerificationSession {
  const canceled = world.update("verificationSessions", id, OVER);
  world.emit("identity.verification_session.canceled", canceled);
  return canceled;
}

/** What it knows of somebody is removed, a little later; one that nobody has followed yet is canceled. */
export function redactVerification(world: World, id: string): VerificationSession {
  cancelVerification(world, id);
  world.schedule("redact_verification", id, world.nowMs() + world.settleDelayMs);
  return world.update("verificationSessions", id, { redaction: { status: "processing" } });
}

/** https://docs.stripe.com/api/identity/verification_sessions/redact */
export function finishRedaction(world: World, id: string): void {
  const { provided_details: provided } = world.store.verificationSessions.get(id);
  const hidden = Object.fromEntries(Object.keys(provided ?? {}).map((name) => [name, "[redacted]"]));
  const redacted = world.update("verificationSessions", id, {
    metadata: {},
    provided_details: provided ? hidden : null,
    redaction: { status: "redacted" },
  });
  world.emit("identity.verification_session.redacted", redacted);
}
