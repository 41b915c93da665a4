import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import { STYLE } from "./style.ts";

export type Markup = ReturnType<typeof html>;

/** No scripts, and no style but the page's own. */
const policyOf = (style: string) =>
  `default-src 'none'; style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'; base-uri 'none'; frame-ancestors 'none'`;

interface Delivery {
  status: number;
  style: string;
  headers?: Record<string, string>;
  /** What the content security policy says besides. */
  policy?: string;
}

/** A whole document; `body` has escaped what it was given. */
export async function htmlResponse(title: string, body: Markup, { status, style, headers, policy }: Delivery) {
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${raw(style)}</style>
</head>
<body>${body}</body>
</html>`;
  return new Response((await document).toString(), {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": [policyOf(style), policy ?? []].flat().join("; "),
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      date: new Date().toUTCString(),
      ...headers,
    },
  });
}

/**
 * A page that buyers see. It has no `form-action`: browsers apply it to the redirect after a form too, which leads to
 * the seller's site.
 */
export const page = (title: string, body: Markup, status = 200): Promise<Response> =>
  htmlResponse(title, body, { status, style: STYLE });

/** After a form was posted: the browser gets the next page by GET. */
export const seeOther = (location: string): Response =>
  new Response(null, {
    status: 303,
    headers: { location, "cache-control": "no-store", "referrer-policy": "no-referrer" },
  });

/** That nothing here is real, and where what happens can be seen. */
export const badge = html`<a class="badge" href="/_emulator" target="_blank">Test mode · control room</a>`;

/** A page that only says something. */
export const notice = (title: string, text: string, status: number, link?: { href: string; label: string }) =>
  page(
    title,
    html`<main class="page stack">${badge}<h1>${title}</h1><p>${text}</p>${link ? html`<p><a href="${link.href}">${link.label}</a></p>` : ""}</main>`,
    status,
  );
