import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import { STYLE } from "./style.ts";

export type Markup = ReturnType<typeof html>;

const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");

/**
 * No scripts, and only the style above. No `form-action`: browsers apply it to the redirect after a form too, which
 * leads to the seller's site.
 */
const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'`,
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** A whole document; `body` has escaped what it was given. */
export async function page(title: string, body: Markup, status = 200): Promise<Response> {
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${raw(STYLE)}</style>
</head>
<body>${body}</body>
</html>`;
  return new Response((await document).toString(), { status, headers: { ...HEADERS, date: new Date().toUTCString() } });
}

/** After a form was posted: the browser gets the next page by GET. */
export const seeOther = (location: string): Response =>
  new Response(null, {
    status: 303,
    headers: { location, "cache-control": "no-store", "referrer-policy": "no-referrer" },
  });

export const badge = html`<span class="badge">Test mode · emulator</span>`;

/** A page that only says something. */
export const notice = (title: string, text: string, status: number, link?: { href: string; label: string }) =>
  page(
    title,
    html`<main class="page stack">${badge}<h1>${title}</h1><p>${text}</p>${link ? html`<p><a href="${link.href}">${link.label}</a></p>` : ""}</main>`,
    status,
  );
