import type { MiddlewareHandler } from "hono";
import { seeOther } from "./layout.ts";

/**
 * What a browser's form is answered is a page that it asks for after a redirect: so "back" and a reload never want the form sent again.
 * A script that posts, as tests do, has its answer at once.
 */
export function answerByGet(): MiddlewareHandler {
  const answers = new Map<string, Response>();
  return async (context, next) => {
    const { method, url } = context.req;
    const { pathname, searchParams } = new URL(url);
    if (method === "GET") {
      const answer = searchParams.has("answer") ? answers.get(pathname) : undefined;
      return answer ? answer.clone() : next();
    }
    await next();
    const { status, headers } = context.res;
    answers.delete(pathname);
    if (status === 303 || status === 404 || !headers.get("content-type")?.startsWith("text/html")) return;
    if (!context.req.header("accept")?.includes("text/html")) return;
    answers.set(pathname, context.res);
    searchParams.set("answer", "");
    context.res = undefined;
    context.res = seeOther(`?${searchParams}`);
  };
}
