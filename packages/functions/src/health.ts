import middy from "@middy/core";
import { checkHealth } from "@turnpike/core/health";
import type { Context } from "aws-lambda";
import { clients, config } from "./config.ts";
import { answerErrors } from "./middleware/answer-errors.ts";
import { logRequest } from "./middleware/log-request.ts";
import type { Answer, RouteEvent } from "./middleware/request.ts";
import { json } from "./route.ts";

/** `GET /api/health`: which build runs where, and whether what it depends on answers. */
export const handler = middy<RouteEvent, Answer, Error, Context>()
  .use(logRequest())
  .use(answerErrors())
  .handler(async () => {
    const { healthy, dependencies } = await checkHealth(clients);
    const { build, stage } = config;
    return {
      ...json({ status: healthy ? "ok" : "degraded", build, stage, dependencies }),
      statusCode: healthy ? 200 : 503,
    };
  });
