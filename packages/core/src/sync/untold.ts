import type { ObjectName } from "../mirror/index.ts";

/** What a mirror that has missed nothing may do with an object: lack it, or also show it otherwise. */
type Untold = "missing" | "any";

const inStatus =
  (isUntold: (status: string) => boolean) =>
  ({ status }: { status?: unknown }): Untold | undefined =>
    typeof status === "string" && isUntold(status) ? "any" : undefined;

/**
 * States of which Stripe tells in no event that we ask for. The declarations say which events those are; this stands beside them because
 * the consumer of events has no use for it.
 */
const UNTOLD: { [Name in ObjectName]?: (row: { status?: unknown; lookup_keys?: unknown[] }) => Untold | undefined } = {
  checkout_session: inStatus((status) => status === "open"),
  invoice: inStatus((status) => status === "draft"),
  invoice_payment: inStatus((status) => status !== "paid"),
  payment_intent: inStatus((status) => status.startsWith("requires_")),
  charge: inStatus((status) => status !== "succeeded"),
  // Stripe tells when a customer has no feature any more, and not that one never had any.
  entitlements: ({ lookup_keys }) => (lookup_keys?.length === 0 ? "missing" : undefined),
};

/** Whether Stripe tells nothing of the state that a row shows. */
export function untoldOf(object: string | undefined, row: object): Untold | undefined {
  return UNTOLD[object as ObjectName]?.(row);
}
