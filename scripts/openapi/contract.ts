import type * as z from "zod";
import { answer, schemaOf } from "./schemas.ts";

/** What a customer's route takes: see `packages/functions/src/route.ts`. */
export interface Contract {
  auth: "required" | "optional";
  input: "path" | "json" | "form";
  schema: z.core.$ZodType;
  retries?: true;
}

const BODIES = {
  json: ["application/json"],
  form: ["application/x-www-form-urlencoded", "multipart/form-data"],
};

/** Who may call a route, and with what. */
export function requestOf({ auth, input, schema, retries }: Contract): object {
  const security = [{ cookie: [] }, { bearer: [] }, ...(auth === "optional" ? [{}] : [])];
  const json = schemaOf(schema);
  if (input === "path") {
    const parameters = Object.entries(json.properties ?? {}).map(([name, parameter]) => ({
      name,
      in: "path",
      required: true,
      schema: parameter,
    }));
    return { security, parameters };
  }
  const content = Object.fromEntries(BODIES[input].map((type) => [type, { schema: json }]));
  return { security, ...(retries && { parameters: [IDEMPOTENCY_KEY] }), requestBody: { required: true, content } };
}

const IDEMPOTENCY_KEY = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: "The same for a request that is sent again, because its answer was lost: it is done once, within a day.",
  schema: { type: "string", minLength: 1, maxLength: 255 },
};

/** How a route may refuse, by the middleware that it goes through. */
export function refusalsOf(method: string, contract: Contract | undefined): object {
  return {
    ...(contract && { 401: refusal(NOBODY) }),
    ...(contract && method === "POST" && { 403: refusal(FOREIGN_POST) }),
    ...(contract && (contract.input === "path" ? { 404: refusal("There is no such address.") } : refusalsOfBodies)),
    500: refusal("Something went wrong. The body never says what; the log does, under the same `requestId`."),
    ...(contract && { 503: refusal("The session could not be checked, and may be good: try again.") }),
  };
}

const NOBODY = "Nobody is signed in where somebody must be; or a session came along that is not valid, or over.";
const FOREIGN_POST = "A request with the session cookie came from a foreign origin, or did not say where from.";

const refusalsOfBodies = {
  400: refusal("The request is not valid; `error` says what is missing, `code` why."),
  413: refusal("The body is larger than 64 KB."),
  415: refusal("The body is of another type than this route takes."),
};

export function refusal(
  description: string,
  schema: "ErrorAnswer" | "ChangedMeanwhile" | "PaymentRefusal" = "ErrorAnswer",
): object {
  return answer(description, schema);
}
