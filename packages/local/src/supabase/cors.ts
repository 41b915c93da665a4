const anyOrigin = { "access-control-allow-origin": "*" };

/** Answers a browser's preflight as Supabase does: any origin, any header. Undefined for every other request. */
export function answerPreflight(request: Request): Response | undefined {
  if (request.method !== "OPTIONS" || !request.headers.has("access-control-request-method")) return undefined;
  return new Response(null, {
    status: 204,
    headers: {
      ...anyOrigin,
      "access-control-allow-methods": "GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS",
      "access-control-allow-headers":
        request.headers.get("access-control-request-headers") ?? "apikey,authorization,content-type,x-client-info",
      "access-control-max-age": "3600",
    },
  });
}

/**
 * Lite's auth routes say nothing about origins except in a preflight, so that another origin's page could not read them. The answer stays
 * the one that it was: a copy's body is a stream, which the server sends in three pieces.
 */
export function allowAllOrigins(response: Response): Response {
  const { headers } = response;
  headers.set("access-control-allow-origin", "*");
  headers.set(
    "access-control-expose-headers",
    "Content-Range, Content-Location, Preference-Applied, X-Total-Count, Link, X-Supabase-Api-Version",
  );
  return response;
}
