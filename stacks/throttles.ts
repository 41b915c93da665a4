import { CfnRoute, CfnStage } from "aws-cdk-lib/aws-apigatewayv2";
import type { Api } from "sst/constructs";

/** Requests a second, and how many may come at once. API Gateway answers 429 to more than that, before a function runs. */
interface Throttle {
  rate: number;
  burst: number;
}

/** For all customers together. Each of their requests makes one or more to Stripe, which takes 100 a second. */
export const CUSTOMER_ROUTES: Throttle = { rate: 20, burst: 40 };

const OTHERS: Record<string, Throttle> = {
  // Renewals come in waves, and a receiver is done in milliseconds. Stripe sends again what is answered 429.
  "POST /api/webhooks/stripe": { rate: 200, burst: 400 },
  // Anyone may ask; monitors do it once a minute.
  "GET /api/health": { rate: 5, burst: 10 },
};

/** API Gateway can limit each route; SST's construct has one limit for all of them. */
export function throttleRoutes(api: Api): void {
  const stage = api.cdk.httpApi.defaultStage?.node.defaultChild;
  if (!(stage instanceof CfnStage)) throw new Error("The API has no stage of its own to put limits on.");
  stage.routeSettings = Object.fromEntries(
    Object.entries(OTHERS)
      .filter(([route]) => api.routes.includes(route))
      .map(([route, { rate, burst }]) => [route, { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst }]),
  );
  // A limit on a route that does not exist yet is refused.
  stage.node.addDependency(...api.node.findAll().filter((construct) => construct instanceof CfnRoute));
}
