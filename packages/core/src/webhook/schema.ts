import * as z from "zod/mini";

/** What Stripe is answered once its event is safe. */
export const ReceivedAnswer = z.object({ received: z.literal(true) });
export type ReceivedAnswer = z.infer<typeof ReceivedAnswer>;
