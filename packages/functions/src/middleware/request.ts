import type { MiddlewareObj } from "@middy/core";
import type { Identity, User } from "@turnpike/core/identity";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import type Stripe from "stripe";

/** A request on its way through the middleware: each adds what the next ones and the use-case need. */
export interface RouteEvent extends Omit<APIGatewayProxyEventV2, "body"> {
  /** A string as it came; an object once it is parsed. */
  body?: unknown;
  identity: Identity;
  /** On the webhook's route: what Stripe sent. */
  stripeEvent?: Stripe.Event;
  /** Present on routes that require it. */
  user: User;
  /** What the route's schema made of the request. */
  input: unknown;
}

export type Answer = APIGatewayProxyStructuredResultV2;
export type Middleware = MiddlewareObj<RouteEvent, Answer, Error, Context>;
