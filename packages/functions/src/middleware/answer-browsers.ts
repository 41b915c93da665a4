import type { Site } from "@turnpike/core/config";
import type { ErrorCode } from "@turnpike/core/errors";
import { emit } from "../metrics.ts";
import { refusalOf } from "./answer-errors.ts";
import { readUrlencoded } from "./parse.ts";
import type { Middleware, RouteEvent } from "./request.ts";

/**
 * Leads a person whose browser was refused to a page that says why, in the place of JSON; programs get that. Stands before the
 * error handler, whose answer it replaces.
 */
export function answerBrowsers(site: () => Site): Middleware {
  return {
    onError: (request) => {
      const { event, error } = request;
      if (!isNavigating(event)) return;
      const { code, status } = refusalOf(error);
      // What the gateway counts as a failure, it cannot count when it sees a redirect.
      if (status >= 500) emit({ failedPages: 1 });
      const page = code === "unauthenticated" ? signInPage(event) : problemPage(event, code, status);
      request.response = {
        statusCode: 303,
        headers: { location: site().url + page, "cache-control": "no-store" },
      };
    },
  };
}

/** A browser says that it is on its way to a page; those that are too old for it want HTML. */
function isNavigating({ headers }: RouteEvent): boolean {
  const mode = headers["sec-fetch-mode"];
  return mode ? mode === "navigate" : /\btext\/html\b/.test(headers.accept ?? "");
}

/** After signing in, the plan that was asked for is still chosen. */
function signInPage(event: RouteEvent): string {
  const price = readUrlencoded(event)?.get("price_id") ?? "";
  const next = price ? `/pricing?${new URLSearchParams({ price: price.slice(0, 255) })}` : "/pricing";
  return `/sign-in?${new URLSearchParams({ problem: "unauthenticated", next })}`;
}

function problemPage({ requestContext }: RouteEvent, problem: ErrorCode, status: number): string {
  const reference = requestContext.requestId;
  return `/pricing?${new URLSearchParams({ problem, ...(status >= 500 && { reference }) })}`;
}
