import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { getFunction, type LocalFunctions } from "../lambda/functions.ts";
import type { CorsDescription, RouteDescription } from "../stacks/description.ts";
import { corsHeaders, preflight } from "./cors.ts";
import { splitTarget, toEvent } from "./event.ts";
import { gatewayMessage, type HttpResponse, internalServerError, toHttpResponse } from "./response.ts";
import { findRoute } from "./routes.ts";

// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
const MAX_BODY_BYTES = 10 * 1024 * 1024;

export interface GatewayOptions {
  routes: RouteDescription[];
  cors: CorsDescription[];
  functions: LocalFunctions;
  log(line: string): void;
}

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** API Gateway's HTTP API in front of the functions. */
export function createGateway({ routes, cors, functions, log }: GatewayOptions): RequestHandler {
  return async (request, response) => {
    const started = performance.now();
    const requestId = randomUUID();
    const { path } = splitTarget(request.url ?? "/");
    const report = (outcome: string | number, functionName = "") => {
      const duration = Math.round(performance.now() - started);
      log(`${request.method} ${path} → ${outcome} in ${duration} ms  ${functionName}`);
    };
    try {
      const asked = preflight(cors, request);
      const { answer, functionName } = asked
        ? { answer: asked, functionName: "" }
        : await respond(request, requestId, routes, functions);
      report(answer.status, functionName);
      if (!asked) answer.headers.push(...corsHeaders(cors, request));
      send(response, answer, requestId);
    } catch (error) {
      // Most often a caller that hung up in the middle of its request.
      report(error instanceof Error ? error.message : String(error));
      response.destroy();
    }
  };
}

async function respond(
  request: IncomingMessage,
  requestId: string,
  routes: RouteDescription[],
  functions: LocalFunctions,
): Promise<{ answer: HttpResponse; functionName: string }> {
  const method = request.method ?? "GET";
  const target = request.url ?? "/";
  const match = findRoute(routes, method, splitTarget(target).path);
  if (!match) return { answer: gatewayMessage(404, "Not Found"), functionName: "" };
  if ("allowedMethods" in match) return { answer: methodNotAllowed(method, match.allowedMethods), functionName: "" };
  const body = await readBody(request);
  const { functionName } = match.route;
  if (!body) return { answer: gatewayMessage(413, "Request Entity Too Large"), functionName };
  const event = toEvent(
    {
      method,
      target,
      rawHeaders: request.rawHeaders,
      body,
      sourceIp: request.socket.remoteAddress ?? "127.0.0.1",
      httpVersion: request.httpVersion,
    },
    match,
    requestId,
    new Date(),
  );
  const invocation = await getFunction(functions, functionName).invoke(event);
  return { answer: invocation.ok ? toHttpResponse(invocation.payload) : internalServerError(), functionName };
}

// API Gateway answers 404 here and has no 405; 405 tells the caller of a local server what is wrong. OPTIONS without a
// route of its own asks just that.
function methodNotAllowed(method: string, allowedMethods: string[]): HttpResponse {
  const allow: [string, string] = ["allow", allowedMethods.join(", ")];
  if (method === "OPTIONS") return { status: 204, headers: [allow], body: Buffer.alloc(0) };
  return gatewayMessage(405, "Method Not Allowed", [allow]);
}

/** @returns Nothing when the body is larger than API Gateway takes; it is read to its end, so that the answer gets through. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return size <= MAX_BODY_BYTES ? Buffer.concat(chunks) : undefined;
}

function send(response: ServerResponse, answer: HttpResponse, requestId: string): void {
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) response.appendHeader(name, value);
  response.setHeader("apigw-requestid", requestId);
  response.end(answer.body);
}
