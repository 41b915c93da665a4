import type { APIGatewayProxyEventV2 } from "aws-lambda";
import type { RouteMatch } from "./routes.ts";

/** What came in over HTTP. */
export interface HttpRequest {
  method: string;
  /** Path and query as in the request line. */
  target: string;
  /** As `IncomingMessage.rawHeaders`: names and values in turn. */
  rawHeaders: string[];
  body: Buffer;
  sourceIp: string;
  httpVersion: string;
}

// Which bodies arrive as text is not in AWS's documentation; measured on real HTTP APIs
// (https://github.com/ministackorg/ministack/pull/766): these, and nothing else. A form (urlencoded or multipart)
// and a body without a content type arrive in base64.
const TEXT_TYPES = /^(text\/.+|application\/(json|xml|javascript))$/;

/**
 * The event of payload format 2.0 that API Gateway makes of a request.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function toEvent(request: HttpRequest, match: RouteMatch, requestId: string, now: Date): APIGatewayProxyEventV2 {
  const { headers, cookies } = readHeaders(request.rawHeaders);
  const { path, query } = splitTarget(request.target);
  const { method, path: routePath } = match.route;
  const routeKey = routePath === "$default" ? "$default" : `${method} ${routePath}`;
  const host = headers.host ?? "localhost";
  const isText = TEXT_TYPES.test((headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "");
  const queryStringParameters = readQuery(query);
  return {
    version: "2.0",
    routeKey,
    rawPath: path,
    rawQueryString: query,
    ...(cookies.length > 0 && { cookies }),
    headers: {
      ...headers,
      "x-forwarded-for": [headers["x-forwarded-for"], request.sourceIp].filter(Boolean).join(", "),
      "x-forwarded-proto": headers["x-forwarded-proto"] ?? "http",
      "x-forwarded-port": headers["x-forwarded-port"] ?? host.split(":").at(-1) ?? "",
    },
    ...(Object.keys(queryStringParameters).length > 0 && { queryStringParameters }),
    ...(Object.keys(match.pathParameters).length > 0 && { pathParameters: match.pathParameters }),
    requestContext: {
      accountId: "000000000000",
      apiId: "local",
      domainName: host,
      domainPrefix: host.split(/[.:]/)[0] ?? host,
      http: {
        method: request.method,
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.sourceIp,
        userAgent: headers["user-agent"] ?? "",
      },
      requestId,
      routeKey,
      stage: "$default",
      time: logTime(now),
      timeEpoch: now.getTime(),
    },
    ...(request.body.length > 0 && { body: request.body.toString(isText ? "utf8" : "base64") }),
    isBase64Encoded: request.body.length > 0 && !isText,
  };
}

/** Splits the request line's target; an absolute one (`GET http://host/path`) keeps its path only. */
export function splitTarget(target: string): { path: string; query: string } {
  const local = target.replace(/^https?:\/\/[^/?#]*/i, "");
  const mark = local.indexOf("?");
  const path = mark < 0 ? local : local.slice(0, mark);
  return { path: path || "/", query: mark < 0 ? "" : local.slice(mark + 1) };
}

function readHeaders(rawHeaders: string[]): { headers: Record<string, string>; cookies: string[] } {
  const headers = new Map<string, string>();
  const cookies: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    const value = rawHeaders[index + 1] ?? "";
    if (name === "cookie") cookies.push(...value.split(/;\s*/).filter(Boolean));
    else headers.set(name, headers.has(name) ? `${headers.get(name)},${value}` : value);
  }
  return { headers: Object.fromEntries(headers), cookies };
}

function readQuery(query: string): Record<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    parameters.set(name, parameters.has(name) ? `${parameters.get(name)},${value}` : value);
  }
  return Object.fromEntries(parameters);
}

/** The common log format's time: `12/Mar/2026:19:03:58 +0000`. */
function logTime(now: Date): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(now.toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}
