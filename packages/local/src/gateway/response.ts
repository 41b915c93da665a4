/** What goes out over HTTP. */
export interface HttpResponse {
  status: number;
  headers: [name: string, value: string][];
  body: Buffer;
}

/**
 * What API Gateway makes of a function's answer in payload format 2.0: a `statusCode` makes it a response, anything
 * else is the body of a 200. An answer that is neither is a 500.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function toHttpResponse(payload: unknown): HttpResponse {
  if (!isRecord(payload) || payload.statusCode === undefined) {
    const body = typeof payload === "string" ? payload : payload === null ? "" : JSON.stringify(payload);
    return { status: 200, headers: [["content-type", "application/json"]], body: Buffer.from(body) };
  }
  const { statusCode, headers = {}, cookies = [], body = "", isBase64Encoded = false } = payload;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599) return internalServerError();
  if (!isRecord(headers) || !Array.isArray(cookies) || typeof (body ?? "") !== "string") return internalServerError();
  const pairs = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === null || value === undefined ? [] : [[name.toLowerCase(), String(value)]],
  );
  if (body && !pairs.some(([name]) => name === "content-type"))
    pairs.push(["content-type", "text/plain;charset=UTF-8"]);
  for (const cookie of cookies) pairs.push(["set-cookie", String(cookie)]);
  return { status, headers: pairs, body: Buffer.from(String(body ?? ""), isBase64Encoded ? "base64" : "utf8") };
}

/** API Gateway's own answers have this shape. */
export function gatewayMessage(status: number, message: string, headers: HttpResponse["headers"] = []): HttpResponse {
  return {
    status,
    headers: [["content-type", "application/json"], ...headers],
    body: Buffer.from(JSON.stringify({ message })),
  };
}

export function internalServerError(): HttpResponse {
  return gatewayMessage(500, "Internal Server Error");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
