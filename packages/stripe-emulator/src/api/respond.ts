import { API_VERSION } from "../api-version.ts";
import type { ApiRequest } from "../events/cli-listeners.ts";
import { newId } from "../state/ids.ts";
import { ApiError, errorJson } from "./errors.ts";

export interface Answer {
  status: number;
  body: string;
  headers?: Record<string, string>;
}

/** Who looks on. */
export interface Watch {
  /** Takes one line; never with secrets, e-mails or the addresses of sessions. */
  log(line: string): void;
  answered(request: ApiRequest): void;
}

/** The headers of every answer, and Stripe's error body for whatever went wrong. */
export function respond(request: Request, act: (requestId: string) => Answer, { log, answered }: Watch): Response {
  const requestId = newId("req", 14);
  const { status, body, headers = {} } = attempt(() => act(requestId), log);
  const { pathname: path } = new URL(request.url);
  log(`${request.method} ${path.replace(/cs_test_\w+/, "cs_test_…")} ${status}`);
  answered({ id: requestId, method: request.method, path, status, body });
  const key = request.headers.get("idempotency-key");
  return new Response(body, {
    status,
    headers: {
      "content-type": "application/json",
      date: new Date().toUTCString(),
      "request-id": requestId,
      "stripe-version": request.headers.get("stripe-version") ?? API_VERSION,
      ...(key === null ? {} : { "idempotency-key": key }),
      "cache-control": "no-cache, no-store",
      ...headers,
    },
  });
}

function attempt(act: () => Answer, log: (line: string) => void): Answer {
  try {
    return act();
  } catch (error) {
    if (error instanceof ApiError) return { status: error.status, body: errorJson(error), headers: error.headers };
    log(`The emulator failed: ${error instanceof Error ? error.stack : String(error)}`);
    const message = "The emulator failed while it answered this request; its log says how.";
    return { status: 500, body: errorJson(new ApiError(500, { type: "api_error", message })) };
  }
}
