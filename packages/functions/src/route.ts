import middy from "@middy/core";
import httpHeaderNormalizer from "@middy/http-header-normalizer";
import httpJsonBodyParser from "@middy/http-json-body-parser";
import type { User } from "@turnpike/core/identity";
import type { Context } from "aws-lambda";
import type { output, ZodMiniType } from "zod/mini";
import { answerErrors } from "./middleware/answer-errors.ts";
import { authenticate } from "./middleware/authenticate.ts";
import { limitBody } from "./middleware/limit-body.ts";
import { logRequest } from "./middleware/log-request.ts";
import { parseForm } from "./middleware/parse-form.ts";
import type { Answer, Middleware, RouteEvent } from "./middleware/request.ts";
import { validate } from "./middleware/validate.ts";
import { withSecrets } from "./secrets.ts";

interface RouteOptions<Schema extends ZodMiniType, Auth extends "required" | "optional"> {
  auth: Auth;
  /** Where the input is: the path's parameters, or a body of one of these kinds. */
  input: "path" | "json" | "form";
  schema: Schema;
}

type Caller<Auth> = Auth extends "required" ? { user: User } : { user?: User | undefined };

/**
 * A route: log → normalise headers → authenticate → parse and validate → use-case → error handler.
 * Middy runs `after` and `onError` backwards: the error handler comes right after the use-case, the log sees it all.
 */
export function route<Schema extends ZodMiniType, Auth extends "required" | "optional">(
  { auth, input, schema }: RouteOptions<Schema, Auth>,
  useCase: (request: Caller<Auth> & { input: output<Schema> }) => Promise<Answer>,
) {
  return middy<RouteEvent, Answer, Error, Context>()
    .use(logRequest())
    .use(httpHeaderNormalizer() as Middleware)
    .use(authenticate(auth))
    .use(limitBody())
    .use(input === "json" ? parseJson() : input === "form" ? parseForm() : [])
    .use(validate(schema, input === "path" ? "path" : "body"))
    .use(answerErrors())
    .handler(async (event) => {
      const answer = await withSecrets(() => useCase(event as RouteEvent & { input: output<Schema> }));
      return { ...answer, headers: { ...answer.headers, "cache-control": "no-store" } };
    });
}

/** No body at all is an empty object: the schema says what is missing. */
function parseJson(): Middleware {
  const { before } = httpJsonBodyParser() as Middleware;
  return { before: (request) => (request.event.body ? before?.(request) : undefined) };
}

/** `200` with a JSON body. */
export function json(body: object): Answer {
  return { statusCode: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
