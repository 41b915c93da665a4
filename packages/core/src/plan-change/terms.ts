import { withLease } from "../checkout/index.ts";
import type { Clients } from "../clients.ts";
import { noteAnew } from "../mirror/index.ts";
import { findOwner } from "../payer/index.ts";
import { isOver } from "../stripe/index.ts";
import { getStanding, renewPhases } from "./schedule.ts";

/**
 * Brings what is scheduled for a subscription to what that is paid by, taxed and discounted with now. What is read is written under its
 * payer's lease: neither a route nor another relay changes the schedule in between. Done twice, it comes to the same.
 * @throws where Stripe does not take it, be it that the schedule has just ended: asked anew, that shows
 */
export async function followTerms(clients: Clients, id: string): Promise<void> {
  const owner = await findOwner(clients.supabase, id);
  // Of nobody's none but relays could meet, and they do by this.
  const payer = owner && owner !== "nobody" ? owner : { userId: id };
  await withLease(clients.supabase, payer, async (lease) => {
    const subscription = await noteAnew(clients, "subscription", id);
    if (isOver(subscription)) return;
    const standing = await getStanding(clients, subscription);
    lease.assertHeld();
    await renewPhases(clients, subscription, standing);
  });
}
