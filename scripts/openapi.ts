import { CheckoutForm, CheckoutSessionId, CreateCheckout } from "@turnpike/core/checkout/schema";
import { errorStatus } from "@turnpike/core/errors";
import { CreatePortal } from "@turnpike/core/portal/schema";
import * as z from "zod";

const schemaOf = (schema: z.core.$ZodType) => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input" });
  return rest;
};
const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (description: string, schema: object) => ({ description, content: { "application/json": { schema } } });
const refusal = (description: string) => json(description, reference("Error"));

const session = [{ cookie: [] }, { bearer: [] }];
const refusals = {
  400: refusal("The request is not valid; `error` says what is missing, `code` why."),
  401: refusal("Nobody is signed in, or the token is not valid."),
  403: refusal("A request with the session cookie came from a foreign origin, or did not say where from."),
  413: refusal("The body is larger than 64 KB."),
  415: refusal("The body is of another type than this route takes."),
  500: refusal("Something went wrong. The body never says what; the log does, under the same `requestId`."),
};
const redirectAnswer = json("Where to send the browser.", reference("RedirectAnswer"));

/** The OpenAPI document, made of the schemas that the routes check requests with. */
export function openApi(): object {
  return {
    openapi: "3.1.0",
    info: { title: "Turnpike", version: "0.1.0", license: { name: "MIT" } },
    paths: {
      "/api/checkout_sessions": {
        post: {
          summary: "Open Stripe Checkout from a plain HTML form",
          security: session,
          requestBody: {
            required: true,
            content: {
              "application/x-www-form-urlencoded": { schema: schemaOf(CheckoutForm) },
              "multipart/form-data": { schema: schemaOf(CheckoutForm) },
            },
          },
          responses: {
            303: {
              description: "To Stripe's page; for a subscriber of the product, to the portal.",
              headers: { location: { schema: { type: "string", format: "uri" } } },
            },
            ...refusals,
          },
        },
      },
      "/api/checkout_sessions/{id}": {
        get: {
          summary: "Where a purchase of the signed-in user stands",
          security: session,
          parameters: [{ name: "id", in: "path", required: true, schema: schemaOf(CheckoutSessionId.shape.id) }],
          responses: {
            200: json("Its state and what was bought.", reference("CheckoutSummary")),
            401: refusals[401],
            404: refusal("There is no such session, or it is somebody else's."),
            500: refusals[500],
          },
        },
      },
      "/api/stripe/create-checkout": {
        post: {
          summary: "Open Stripe Checkout; guests may buy",
          security: [...session, {}],
          requestBody: { required: true, content: { "application/json": { schema: schemaOf(CreateCheckout) } } },
          responses: { 200: redirectAnswer, ...refusals },
        },
      },
      "/api/stripe/create-portal": {
        post: {
          summary: "Open Stripe's customer portal",
          security: session,
          requestBody: { required: true, content: { "application/json": { schema: schemaOf(CreatePortal) } } },
          responses: { 200: redirectAnswer, ...refusals },
        },
      },
      "/api/webhooks/stripe": {
        post: {
          summary: "Stripe's webhook endpoint",
          parameters: [{ name: "Stripe-Signature", in: "header", required: true, schema: { type: "string" } }],
          requestBody: { required: true, content: { "application/json": { schema: { type: "object" } } } },
          responses: {
            200: json("The queue has the event.", {
              type: "object",
              required: ["received"],
              properties: { received: { const: true } },
            }),
            400: refusal("The signature does not fit the body."),
            500: refusal("The queue did not take the event; Stripe sends it again."),
          },
        },
      },
      "/api/health": {
        get: {
          summary: "Which build runs where, and whether what it depends on answers",
          responses: {
            200: json("All is well.", reference("Health")),
            503: json("A dependency does not answer.", reference("Health")),
          },
        },
      },
    },
    components: {
      securitySchemes: {
        cookie: {
          type: "apiKey",
          in: "cookie",
          name: "sb-<project>-auth-token",
          description: "The session cookie of @supabase/ssr. Posts need an Origin header of the site's.",
        },
        bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT", description: "A Supabase access token." },
      },
      schemas: {
        RedirectAnswer: { type: "object", required: ["url"], properties: { url: { type: "string", format: "uri" } } },
        CheckoutSummary: {
          type: "object",
          required: ["id", "status", "mode", "amountTotal", "currency", "items"],
          properties: {
            id: { type: "string" },
            status: { enum: ["open", "processing", "complete", "failed", "expired"] },
            mode: { enum: ["payment", "subscription"] },
            amountTotal: { type: ["integer", "null"], description: "In the smallest unit of the currency." },
            currency: { type: ["string", "null"], description: "ISO 4217, lower case." },
            items: {
              type: "array",
              items: {
                type: "object",
                required: ["description", "quantity", "amountTotal"],
                properties: {
                  description: { type: "string" },
                  quantity: { type: "integer" },
                  amountTotal: { type: "integer" },
                },
              },
            },
          },
        },
        Health: {
          type: "object",
          required: ["status", "build", "stage", "dependencies"],
          properties: {
            status: { enum: ["ok", "degraded"] },
            build: { type: "string" },
            stage: { type: "string" },
            dependencies: { type: "object", additionalProperties: { enum: ["ok", "unreachable"] } },
          },
        },
        Error: {
          type: "object",
          required: ["error", "code", "requestId"],
          properties: {
            error: { type: "string" },
            code: { enum: Object.keys(errorStatus) },
            requestId: { type: "string" },
          },
        },
      },
    },
  };
}
