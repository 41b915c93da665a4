import type { Sql } from "./database.ts";
import type { Tokens } from "./tokens.ts";

interface UserAttributes {
  email?: string;
  password?: string;
  user_metadata?: Record<string, unknown>;
  app_metadata?: Record<string, unknown>;
}

interface AdminUsersContext {
  sql: Sql;
  tokens: Tokens;
  /** Lite's own handler under `/auth/v1`. */
  callAuth(path: string, init: RequestInit): Promise<Response>;
}

const path = /^\/auth\/v1\/admin\/users(?:\/([0-9a-f-]{36}))?\/?$/;

/**
 * `/auth/v1/admin/users`, which lite lacks: what `auth.admin` of supabase-js calls to create, get, list, update and delete
 * users. Users are confirmed from the start, as no e-mails are sent here.
 * https://supabase.com/docs/reference/javascript/admin-api
 */
export async function handleAdminUsers(request: Request, context: AdminUsersContext): Promise<Response> {
  const url = new URL(request.url);
  const match = path.exec(url.pathname);
  if (!match) return refuse(404, "not_found", "Not found");
  const id = match[1];
  switch (`${request.method} ${id ? "one" : "all"}`) {
    case "POST all":
      return create((await request.json()) as UserAttributes, context);
    case "GET all":
      return list(url.searchParams, context);
    case "GET one":
      return get(id ?? "", context);
    case "PUT one":
      return update(id ?? "", (await request.json()) as UserAttributes, context);
    case "DELETE one":
      return remove(id ?? "", context);
    default:
      return refuse(405, "method_not_allowed", "Method not allowed");
  }
}

async function create(attributes: UserAttributes, context: AdminUsersContext): Promise<Response> {
  const { email, password = crypto.randomUUID(), user_metadata } = attributes;
  const answer = await context.callAuth("/signup", {
    method: "POST",
    body: JSON.stringify({ email, password, data: user_metadata }),
  });
  if (!answer.ok) return answer;
  const { user } = (await answer.json()) as { user: { id: string } };
  // A sign-up signs in as well; to be created by an admin does not.
  await context.sql.query("delete from auth.sessions where user_id = $1", [user.id]);
  return update(user.id, { app_metadata: attributes.app_metadata }, context);
}

async function update(id: string, attributes: UserAttributes, context: AdminUsersContext): Promise<Response> {
  const { email, password, user_metadata, app_metadata } = attributes;
  if (password !== undefined || user_metadata) {
    const answer = await asUser(id, "PUT", context, { password, data: user_metadata });
    if (!answer.ok) return answer;
  }
  await context.sql.query(
    `update auth.users set
       email = coalesce(lower($2), email),
       raw_app_meta_data = coalesce(raw_app_meta_data, '{}') || $3::jsonb,
       updated_at = now()
     where id = $1`,
    [id, email ?? null, JSON.stringify(app_metadata ?? {})],
  );
  return get(id, context);
}

async function list(search: URLSearchParams, context: AdminUsersContext): Promise<Response> {
  const page = Math.max(1, Number(search.get("page")) || 1);
  const perPage = Math.max(1, Number(search.get("per_page")) || 50);
  const rows = await context.sql.query<{ id: string; total: number }>(
    "select id, (count(*) over ())::int as total from auth.users order by created_at desc, id limit $1 offset $2",
    [perPage, (page - 1) * perPage],
  );
  const users = [];
  for (const { id } of rows) users.push(await (await get(id, context)).json());
  const total = rows[0]?.total ?? 0;
  const lastPage = Math.max(1, Math.ceil(total / perPage));
  const link = (to: number, rel: string) => `</admin/users?page=${to}&per_page=${perPage}>; rel="${rel}"`;
  const links = [...(page < lastPage ? [link(page + 1, "next")] : []), link(lastPage, "last")];
  return Response.json(
    { users, aud: "authenticated" },
    { headers: { "x-total-count": String(total), link: links.join(", ") } },
  );
}

async function remove(id: string, { sql }: AdminUsersContext): Promise<Response> {
  const deleted = await sql.query("delete from auth.users where id = $1 returning id", [id]);
  return deleted.length > 0 ? Response.json({}) : userNotFound();
}

async function get(id: string, context: AdminUsersContext): Promise<Response> {
  const answer = await asUser(id, "GET", context);
  return answer.status === 403 ? userNotFound() : answer;
}

/** Lite shows and changes users in their own name only. */
async function asUser(id: string, method: string, context: AdminUsersContext, body?: object): Promise<Response> {
  return context.callAuth("/user", {
    method,
    headers: { authorization: `Bearer ${await context.tokens.liteTokenFor(id)}` },
    body: body && JSON.stringify(body),
  });
}

const userNotFound = () => refuse(404, "user_not_found", "User not found");

function refuse(status: number, code: string, message: string): Response {
  return Response.json({ code: status, error_code: code, msg: message }, { status });
}
