import type { ObjectName } from "../mirror/index.ts";

/**
 * States of which Stripe tells in no event that we ask for: a mirror without them has missed nothing. The declarations say which events
 * those are; this stands beside them because the consumer of events has no use for it.
 */
const UNTOLD: { [Name in ObjectName]?: (status: string) => boolean } = {
  checkout_session: (status) => status === "open",
  invoice: (status) => status === "draft",
  invoice_payment: (status) => status !== "paid",
  payment_intent: (status) => status.startsWith("requires_"),
  charge: (status) => status !== "succeeded",
};

/** Whether an object is in such a state. */
export function isUntold(object: string | undefined, row: object): boolean {
  const { status } = row as { status?: unknown };
  return typeof status === "string" && (UNTOLD[object as ObjectName]?.(status) ?? false);
}
