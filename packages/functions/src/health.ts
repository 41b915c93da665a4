import { createHash, timingSafeEqual } from "node:crypto";
import { checkHealth, type Health, showMirror } from "@turnpike/core/health";
import type { HealthAnswer } from "@turnpike/core/health/schema";
import { bindings } from "./bindings.ts";
import { clientsOfRoute } from "./clients.ts";
import { describe, log } from "./log.ts";
import { answerErrors } from "./middleware/answer-errors.ts";
import { logRequest } from "./middleware/log-request.ts";
import type { RouteEvent } from "./middleware/request.ts";
import { Stack } from "./middleware/stack.ts";
import { json } from "./route.ts";
import { isRefusal, secrets, withSecrets } from "./secrets.ts";

// Health is asked often and by anyone: what was found a moment ago still holds.
const FRESH_FOR_MS = 10_000;
let last: { at: number; health: Promise<Health> } | undefined;

/** `GET /api/health`: which build runs where, and whether what it depends on answers. */
export const handler = new Stack()
  .use(logRequest())
  .use(answerErrors())
  .handler(async ({ headers }) => {
    if (!last || Date.now() - last.at > FRESH_FOR_MS) last = { at: Date.now(), health: ask() };
    const { healthy, dependencies, completeness } = await last.health;
    const mirror = completeness ? showMirror(completeness, isOperator(headers)) : null;
    const { build, stage } = bindings;
    const answer = json<HealthAnswer>({ status: healthy ? "ok" : "degraded", build, stage, dependencies, mirror });
    return { ...answer, statusCode: healthy ? 200 : 503 };
  });

/** Whether the request bears the secret key of the project, which reads all that there is to count anyway. */
function isOperator(headers: RouteEvent["headers"]): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(headers.authorization ?? ""), hash(`Bearer ${secrets.get("SUPABASE_SECRET_KEY")}`));
}

/** A key that is refused may have been set anew a moment ago: then the dependencies are asked once more, with the new one. */
async function ask(): Promise<Health> {
  let found: Health | undefined;
  try {
    return await withSecrets(async () => {
      found = await checkHealth(clientsOfRoute);
      for (const error of found.errors) log("error", "a dependency does not answer", describe(error));
      const refusal = found.errors.find(isRefusal);
      if (refusal) throw refusal;
      return found;
    });
  } catch (error) {
    if (!found) throw error;
    return found;
  }
}
