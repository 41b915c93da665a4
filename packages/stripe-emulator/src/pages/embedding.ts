import { createHash } from "node:crypto";
import type { Hono } from "hono";
import { html, raw } from "hono/html";
import type { CheckoutSession } from "../resources/checkout-sessions.ts";
import type { World } from "../world.ts";
import { htmlResponse } from "./layout.ts";
import { stripeJsOf } from "./stripe-js.ts";
import { STYLE } from "./style.ts";

/** What a session's page is reached by: its id; or, where a page of the seller's shows it, its client secret. */
export const addressOf = ({ publicUrl }: World, { id, client_secret: secret }: CheckoutSession): string =>
  secret ? `${publicUrl}/c/embedded/${secret}` : `${publicUrl}/c/pay/${id}`;

/** Where the buyer is led when it is paid. */
export const returnUrl = ({ return_url: url, id }: CheckoutSession): string =>
  (url ?? "/").replaceAll("{CHECKOUT_SESSION_ID}", id);

/** The session that a page of the seller's shows in this way; undefined for whoever does not know its client secret. */
export function findShown(
  { store }: World,
  secret: string,
  mode: "elements" | "embedded_page",
): CheckoutSession | undefined {
  const session = store.checkoutSessions.find(secret.split("_secret_")[0] ?? "");
  return session?.client_secret === secret && session.ui_mode === mode ? session : undefined;
}

interface Pages {
  show(id: string): Promise<Response>;
  take(id: string, request: Request): Promise<Response>;
}

/** Checkout within the seller's page: what Stripe.js has there, and what it shows in a frame. */
export function addEmbedded(app: Hono, world: World, { show, take }: Pages): void {
  const idOf = (secret: string) => findShown(world, secret, "embedded_page")?.id ?? "";
  app.get(
    "/c/stripe.js",
    () =>
      new Response(stripeJsOf(new URL(world.publicUrl).origin), {
        headers: { "content-type": "text/javascript; charset=utf-8" },
      }),
  );
  app.get("/c/embedded/:secret", async (context) => inFrame(await show(idOf(context.req.param("secret")))));
  app.post("/c/embedded/:secret", async (context) =>
    inFrame(await take(idOf(context.req.param("secret")), context.req.raw)),
  );
}

/** Any page may show it. */
export function inFrame(response: Response): Response {
  const headers = new Headers(response.headers);
  const policy = headers.get("content-security-policy");
  if (policy) headers.set("content-security-policy", policy.replace("; frame-ancestors 'none'", ""));
  return new Response(response.body, { status: response.status, headers });
}

/** Has Stripe.js, around the frame, lead the buyer to the seller: a frame itself could only lead itself there. */
export function leave(url: string): Promise<Response> {
  const script = `parent.postMessage(${JSON.stringify({ checkout: "complete", url }).replaceAll("<", "\\u003c")}, "*");`;
  const hash = createHash("sha256").update(script).digest("base64");
  return htmlResponse(
    "Checkout",
    html`<main class="page"><p>This checkout is complete.</p></main><script>${raw(script)}</script>`,
    {
      status: 200,
      style: STYLE,
      policy: `script-src 'sha256-${hash}'`,
    },
  );
}
