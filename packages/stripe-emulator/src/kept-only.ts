import type { MiddlewareHandler } from "hono";
import { ApiError, errorJson } from "./api/errors.ts";
import { ROOM } from "./pages/control/layout.ts";
import { notice } from "./pages/layout.ts";
import type { Store } from "./state/store.ts";

/** A payment link opens a session for each visit. */
const changes = (method: string, path: string) =>
  (method !== "GET" && path !== "/_emulator/snapshot") || path.startsWith("/c/link/");

/** As the API does, the pages and controls change nothing while it cannot be kept, and say of nothing that was not kept that it was done. */
export function keptOnly(store: Store): MiddlewareHandler {
  return async (context, next) => {
    const { method, path } = context.req;
    const matters = changes(method, path);
    if (!matters || store.trouble() === undefined) await next();
    const trouble = store.trouble();
    if (!matters || trouble === undefined) return;
    context.res = undefined; // else its headers stay, such as where it leads
    context.res = await unwritable(path, trouble);
  };
}

function unwritable(path: string, message: string): Response | Promise<Response> {
  const isControl = path.startsWith("/_emulator/") && !path.startsWith(ROOM);
  if (!isControl) return notice("Something went wrong", message, 500);
  const body = errorJson(new ApiError(500, { type: "api_error", message }));
  return new Response(body, { status: 500, headers: { "content-type": "application/json" } });
}
