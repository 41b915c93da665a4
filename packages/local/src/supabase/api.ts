import type { App } from "@supabase/lite";
import { handleAdminUsers } from "./admin-users.ts";
import { allowAllOrigins, answerPreflight } from "./cors.ts";
import type { Database } from "./database.ts";
import type { EmailLinks } from "./email-links.ts";
import type { Tokens, TokenUser } from "./tokens.ts";
import { DatabaseBusyError } from "./turns.ts";

interface ApiParts {
  lite: Pick<App, "fetch">;
  database: Database;
  tokens: Tokens;
  links: EmailLinks;
  publishableKey: string;
  secretKey: string;
}

const served = /^\/(auth|rest)\/v1(\/|$)/;
const issuesTokens = /^\/auth\/v1\/(signup|token|verify)$/;

/** Supabase's HTTP API: lite's handlers, with what a hosted project does and they do not. */
export function createApi(parts: ApiParts): (request: Request) => Promise<Response> {
  return async (request) => {
    const { pathname } = new URL(request.url);
    if (!served.test(pathname)) return allowAllOrigins(Response.json({ message: "Not found" }, { status: 404 }));
    return answerPreflight(request) ?? allowAllOrigins(await answer(request, pathname, parts));
  };
}

async function answer(request: Request, pathname: string, parts: ApiParts): Promise<Response> {
  if (pathname === "/auth/v1/.well-known/jwks.json") {
    return Response.json(parts.tokens.jwks, { headers: { "cache-control": "public, max-age=600" } });
  }
  // Before its turn at the database, so that a slow sender keeps nobody waiting.
  const body = /^(GET|HEAD)$/.test(request.method) ? null : await request.arrayBuffer();
  const headers = await exchangeToken(request.headers, parts.tokens);
  const complete = new Request(request.url, { method: request.method, headers, body });
  try {
    return await parts.database.exclusive(() => handle(complete, pathname, parts));
  } catch (error) {
    if (!(error instanceof DatabaseBusyError)) throw error;
    return Response.json({ message: error.message }, { status: 503 });
  }
}

async function handle(request: Request, pathname: string, parts: ApiParts): Promise<Response> {
  if (pathname.startsWith("/auth/v1/admin/users")) return handleAsAdmin(request, parts);
  const response = await parts.links.handle(request, (asked) => Promise.resolve(parts.lite.fetch(asked)));
  if (response.status !== 200 || !issuesTokens.test(pathname)) return response;
  const session = (await response.json()) as { access_token?: string; user?: TokenUser };
  // A user who is still to confirm an e-mail has no session yet.
  if (!session.access_token) return Response.json(session);
  return Response.json({
    ...session,
    access_token: await parts.tokens.issue(session.access_token, session.user ?? {}),
  });
}

async function handleAsAdmin(request: Request, parts: ApiParts): Promise<Response> {
  const { lite, database, tokens, publishableKey, secretKey } = parts;
  if (request.headers.get("apikey") !== secretKey) {
    return Response.json({ code: 403, error_code: "not_admin", msg: "User not allowed" }, { status: 403 });
  }
  return handleAdminUsers(request, {
    sql: database,
    tokens,
    callAuth: (path, init) =>
      lite.fetch(
        new Request(new URL(`/auth/v1${path}`, request.url), {
          ...init,
          headers: { apikey: publishableKey, "content-type": "application/json", ...init.headers },
        }),
      ),
  });
}

async function exchangeToken(original: Headers, tokens: Tokens): Promise<Headers> {
  const headers = new Headers(original);
  const token = /^Bearer ([^.]+\.[^.]+\.[^.]+)$/i.exec(headers.get("authorization") ?? "")?.[1];
  if (token) headers.set("authorization", `Bearer ${await tokens.accept(token)}`);
  return headers;
}
