import * as z from "zod/mini";

const Dependency = z.enum(["ok", "unreachable"]);

/** The answer of `GET /api/health`. */
export const HealthAnswer = z.object({
  status: z.enum(["ok", "degraded"]),
  build: z.string(),
  stage: z.string(),
  dependencies: z.object({ stripe: Dependency, supabase: Dependency }),
});
export type HealthAnswer = z.infer<typeof HealthAnswer>;
