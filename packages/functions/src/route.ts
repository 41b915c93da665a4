import httpHeaderNormalizer from "@middy/http-header-normalizer";
import { assertUserExists } from "@turnpike/core/identity";
import type { output, ZodMiniType } from "zod/mini";
import { clientsOfRoute } from "./clients.ts";
import { config } from "./config.ts";
import { answerBrowsers } from "./middleware/answer-browsers.ts";
import { answerErrors } from "./middleware/answer-errors.ts";
import { authorize, type Caller, findIdentity, setSessionCookies } from "./middleware/authenticate.ts";
import { findIdempotencyKey } from "./middleware/idempotency-key.ts";
import { limitBody } from "./middleware/limit-body.ts";
import { logRequest } from "./middleware/log-request.ts";
import { parsers } from "./middleware/parse.ts";
import type { Answer } from "./middleware/request.ts";
import { Stack } from "./middleware/stack.ts";
import { validate } from "./middleware/validate.ts";
import { withSecrets } from "./secrets.ts";

/** What a route takes, and from whom. The OpenAPI document is made of it. */
export interface Contract<Schema extends ZodMiniType, Auth extends "required" | "optional"> {
  auth: Auth;
  /** Where the input is: the path's parameters, or a body of one of these kinds. */
  input: keyof typeof parsers;
  schema: Schema;
  /** It takes an `Idempotency-Key`. */
  retries?: true;
}

/**
 * A route: log → normalise headers → authenticate → parse and validate → use-case → error handler.
 * Middy runs `after` and `onError` backwards: the error handler comes right after the use-case, then what it answers browsers,
 * and the log sees it all.
 */
export function route<Schema extends ZodMiniType, Auth extends "required" | "optional">(
  contract: Contract<Schema, Auth>,
  useCase: (request: Caller<Auth> & { input: output<Schema>; idempotencyKey?: string }) => Promise<Answer>,
) {
  const { auth, input, schema } = contract;
  const handler = new Stack()
    .use(logRequest())
    .use(httpHeaderNormalizer())
    .use(setSessionCookies())
    .add(findIdentity)
    .add(authorize(auth))
    .use(limitBody())
    .add(parsers[input])
    .add(validate(schema, input))
    .add(contract.retries ? findIdempotencyKey : () => ({}))
    .use(answerBrowsers(() => config.site))
    .use(answerErrors())
    .handler((event) =>
      withSecrets(async () => {
        if (event.user) await assertUserExists(clientsOfRoute.supabase, event.user);
        return useCase(event);
      }),
    );
  return Object.assign(handler, { contract });
}

/** `200` with a JSON body. Name the type of its schema: docs/openapi.json says that this is the answer. */
export function json<Body extends object = never>(body: NoInfer<Body>): Answer {
  return {
    statusCode: 200,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
    body: JSON.stringify(body),
  };
}
