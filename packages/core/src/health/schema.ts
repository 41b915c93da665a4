import * as z from "zod/mini";

/**
 * `other_account`: the secret key is of another account or mode than the one that is mirrored. `other_mode`: in the last hour events
 * came that are of another mode than the key, and were refused: endpoint and key do not belong together.
 */
const StripeState = z.enum(["ok", "unreachable", "other_account", "other_mode"]);
const SupabaseState = z.enum(["ok", "unreachable"]);

/** The answer of `GET /api/health`. */
export const HealthAnswer = z.object({
  status: z.enum(["ok", "degraded"]),
  build: z.string(),
  stage: z.string(),
  dependencies: z.object({ stripe: StripeState, supabase: SupabaseState }),
});
export type HealthAnswer = z.infer<typeof HealthAnswer>;
