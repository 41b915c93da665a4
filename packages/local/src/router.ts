import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import type { RequestListener } from "./address.ts";
import { splitTarget } from "./gateway/event.ts";
import { refusalOfHost } from "./local-page/guard.ts";

export type FetchHandler = (request: Request) => Promise<Response>;

export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface Parts {
  api: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Absent when a hosted project is used. */
  supabase?: FetchHandler;
  /** Absent when Stripe itself is used. */
  stripe?: FetchHandler;
  /** What goes on here, under `/_local`. */
  localPage: FetchHandler;
  /** Names of this system other than this machine's. */
  origins: readonly string[];
  /** Absent when only the API is wanted. */
  web?: RequestListener;
}

/** Puts everything under one address, as CloudFront does with the site and the API. */
export function createRouter(parts: Parts): RequestListener {
  const supabase = parts.supabase && toListener(parts.supabase);
  const stripe = parts.stripe && toListener(parts.stripe);
  const rules: [RegExp, RequestListener | undefined][] = [
    [/^\/api(\/|$)/, parts.api],
    [/^\/(auth|rest)\/v1(\/|$)/, supabase],
    [/^\/_local\/?$/, toListener(parts.localPage)],
    [/^\/(v1|c|p|_emulator)(\/|$)/, stripe],
    [/^\//, parts.web],
  ];
  return (request, response) => {
    const { path } = splitTarget(request.url ?? "/");
    // The API is public by design: a tunnel may bring Stripe's events under any name.
    const refusal = path.startsWith("/api/") ? undefined : refusalOfHost(request.headers.host, parts.origins);
    if (refusal) return response.writeHead(403, { "content-type": "text/plain; charset=utf-8" }).end(refusal);
    const listener = rules.find(([pattern, listener]) => listener && pattern.test(path))?.[1];
    if (listener) return listener(request, response);
    response.statusCode = 404;
    response.end("Not Found");
  };
}

/** Leads the web socket of `stripe listen` to the emulator. The web app's own is Vite's: it listens to the server itself. */
export function createUpgradeRouter(stripe: UpgradeListener, hasWeb: boolean): UpgradeListener {
  return (request, socket, head) => {
    const { path } = splitTarget(request.url ?? "/");
    if (path.startsWith("/stripecli/")) stripe(request, socket, head);
    else if (!hasWeb) socket.destroy();
  };
}

function toListener(fetch: FetchHandler): RequestListener {
  // Node's own Request and Response stay as they are: others in this process use them.
  return getRequestListener((request) => fetch(request), { overrideGlobalObjects: false });
}
