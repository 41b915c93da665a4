import type { MiddlewareObj, Request } from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";

/** A request as API Gateway hands it over. */
export type RouteEvent = APIGatewayProxyEventV2;
export type Answer = APIGatewayProxyStructuredResultV2;

/** What Middy carries through a route: the event with what was `Added` to it on the way, and later the answer or the error. */
export type RouteRequest<Added extends object = object> = Request<RouteEvent & Added, Answer, Error, Context>;

/**
 * A middleware that adds nothing to the event. What it `Sees` was added by others and may be absent: Middy runs `after` and
 * `onError` also for a request that got no further than the first of them.
 */
export type Middleware<Sees extends object = object> = MiddlewareObj<
  RouteEvent & Partial<Sees>,
  Answer,
  Error,
  Context
>;
