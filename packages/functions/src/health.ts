import { checkHealth } from "@turnpike/core/health";
import type { HealthAnswer } from "@turnpike/core/health/schema";
import { bindings } from "./bindings.ts";
import { clients } from "./clients.ts";
import { answerErrors } from "./middleware/answer-errors.ts";
import { logRequest } from "./middleware/log-request.ts";
import { Stack } from "./middleware/stack.ts";
import { json } from "./route.ts";
import { withSecrets } from "./secrets.ts";

/** `GET /api/health`: which build runs where, and whether what it depends on answers. */
export const handler = new Stack()
  .use(logRequest())
  .use(answerErrors())
  .handler(async () => {
    const { healthy, dependencies } = await withSecrets(() => checkHealth(clients));
    const { build, stage } = bindings;
    const answer = json<HealthAnswer>({ status: healthy ? "ok" : "degraded", build, stage, dependencies });
    return { ...answer, statusCode: healthy ? 200 : 503 };
  });
