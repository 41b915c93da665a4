import { refusal } from "./contract.ts";
import { answer } from "./schemas.ts";

export interface Described {
  summary: string;
  /** What it takes; for customers' routes their handlers say so. */
  request?: object;
  responses: Record<number, object>;
}

/** What each route's function is for and what it answers, beside the refusals that come from its middleware. */
export const described: Record<string, Described> = {
  "create-checkout-session": {
    summary: "Open Stripe Checkout from a plain HTML form",
    responses: {
      303: {
        description:
          "To Stripe's page; for a subscriber of the product, to the portal. A browser that navigates is led to a page of the site where a program gets a refusal.",
        headers: { location: { schema: { type: "string", format: "uri" } } },
      },
    },
  },
  "get-checkout-session": {
    summary: "Where a purchase stands: of the signed-in user, or a fresh one of a guest's",
    responses: {
      200: answer("Its state and what was bought.", "CheckoutSummary"),
      404: refusal("There is no such session, or it is somebody else's."),
    },
  },
  "create-checkout": {
    summary: "Open Stripe Checkout; guests may buy",
    responses: { 200: answer("Where to send the browser.", "RedirectAnswer") },
  },
  "create-portal": {
    summary: "Open Stripe's customer portal",
    responses: { 200: answer("Where to send the browser.", "RedirectAnswer") },
  },
  "receive-stripe-event": {
    summary: "Stripe's webhook endpoint",
    request: {
      parameters: [{ name: "Stripe-Signature", in: "header", required: true, schema: { type: "string" } }],
      requestBody: { required: true, content: { "application/json": { schema: { type: "object" } } } },
    },
    responses: {
      200: answer("The queue has the event.", "ReceivedAnswer"),
      400: refusal("The signature does not fit the body."),
      500: refusal("The queue did not take the event; Stripe sends it again."),
    },
  },
  health: {
    summary: "Which build runs where, and whether what it depends on answers",
    responses: {
      200: answer("All is well.", "HealthAnswer"),
      503: answer("A dependency does not answer.", "HealthAnswer"),
    },
  },
};
