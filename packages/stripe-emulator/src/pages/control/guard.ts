import { hostOf, isForeign } from "../../own-host.ts";

/**
 * Why a request for the control room, which asks for no key, is refused; undefined when it may pass. A page of another site
 * can post a form here: the browser says where that form came from.
 */
export function refusalOf(request: Request, publicUrl: string): string | undefined {
  const { host } = new URL(request.url);
  if (isForeign(request, publicUrl))
    return `The control room opens on this machine's own address, or on ${publicUrl}: not as ${host}.`;
  if (request.method === "GET" || request.method === "HEAD") return undefined;
  const site = request.headers.get("sec-fetch-site");
  const own = site === null ? hostOf(request.headers.get("origin")) === host : site === "same-origin";
  return own ? undefined : "This was not sent from a page of the control room.";
}
