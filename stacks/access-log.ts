/**
 * A line of the API's access log. What may be missing, and is `-` then, stands in quotes, so that each line is JSON.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
export const ACCESS_LOG_FORMAT = JSON.stringify({
  requestTime: "$context.requestTime",
  requestId: "$context.requestId",
  httpMethod: "$context.httpMethod",
  path: "$context.path",
  routeKey: "$context.routeKey",
  status: "$context.status",
  responseLatency: "$context.responseLatency",
  // Why there was no answer of a function: it was throttled, it may not be called, it ran out of time.
  error: "$context.error.message",
  integrationError: "$context.integrationErrorMessage",
  integrationStatus: "$context.integration.status",
  integrationLatency: "$context.integration.latency",
  // CloudFront's, except for who asks the API's own address.
  ip: "$context.identity.sourceIp",
  userAgent: "$context.identity.userAgent",
});
