import * as z from "zod/mini";

/**
 * `other_account`: the secret key is of another account or mode than the one that is mirrored. `other_events`: in the last hour events
 * came that are of another mode than the key, or say that they are of another account, and were refused: endpoint and key do not belong
 * together.
 */
const StripeState = z.enum(["ok", "unreachable", "other_account", "other_events"]);
const SupabaseState = z.enum(["ok", "unreachable"]);

/** Up to when the mirror shows all that Stripe holds. Anybody may ask: only the operator hears how much that is. */
const Mirror = z.object({
  /** Whether all of it was read once. */
  complete: z.boolean(),
  objects: z.array(
    z.object({
      object: z.string(),
      completeAsOf: z.nullable(z.iso.datetime({ offset: true })),
      /** How many the mirror is known not to show as Stripe does. */
      differing: z.int(),
      /** As of when a sweep last compared them; null when none has. */
      comparedAsOf: z.nullable(z.iso.datetime({ offset: true })),
      /** Why the latest reading could not read it; `forbidden`: the key may not. */
      lastError: z.nullable(z.string()),
      /** How many were read; and, once a sweep has, how many were compared and how many of these were equal: for the operator alone. */
      objects: z.optional(z.int()),
      compared: z.optional(z.int()),
      equal: z.optional(z.int()),
    }),
  ),
});

/** The answer of `GET /api/health`. */
export const HealthAnswer = z.object({
  status: z.enum(["ok", "degraded"]),
  build: z.string(),
  stage: z.string(),
  dependencies: z.object({ stripe: StripeState, supabase: SupabaseState }),
  /** Null while Supabase does not answer. */
  mirror: z.nullable(Mirror),
});
export type HealthAnswer = z.infer<typeof HealthAnswer>;
