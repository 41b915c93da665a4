import type { IncomingMessage } from "node:http";
import type { CorsDescription } from "../stacks/description.ts";
import type { HttpResponse } from "./response.ts";

type Headers = HttpResponse["headers"];
type Asked = Pick<IncomingMessage, "method" | "headers">;

const corsOf = (all: CorsDescription[], origin: string) =>
  all.find(({ origins }) => origins.split(",").includes(origin));

/** What API Gateway adds to an answer for a page of another origin. */
export function corsHeaders(all: CorsDescription[], { headers: { origin } }: Asked): Headers {
  const cors = origin && corsOf(all, origin);
  if (!cors) return [];
  return [
    ["access-control-allow-origin", origin],
    ["access-control-expose-headers", cors.exposed],
    ["vary", "Origin"],
  ];
}

/** Its answer when a browser asks whether such a page may send a request; nothing, where no origin may. */
export function preflight(all: CorsDescription[], request: Asked): HttpResponse | undefined {
  const asks = request.method === "OPTIONS" && request.headers["access-control-request-method"];
  if (!asks || all.length === 0) return undefined;
  const headers = corsHeaders(all, request);
  const cors = corsOf(all, request.headers.origin ?? "");
  if (cors)
    headers.push(["access-control-allow-methods", cors.methods], ["access-control-allow-headers", cors.headers]);
  return { status: 204, headers, body: Buffer.alloc(0) };
}
