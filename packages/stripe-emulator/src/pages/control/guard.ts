const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

const hostOf = (address: string | null): string | undefined =>
  address !== null && URL.canParse(address) ? new URL(address).host : undefined;

/**
 * Why a request for the control room, which asks for no key, is refused; undefined when it may pass. A page of another
 * site can make its name resolve to this machine (DNS rebinding): the `Host` header then still has that name. And it
 * can post a form here: the browser says where that form came from.
 */
export function refusalOf(request: Request, publicUrl: string): string | undefined {
  const { hostname, host } = new URL(request.url);
  if (!LOOPBACK.test(hostname) && host !== hostOf(publicUrl))
    return `The control room opens on this machine's own address, or on ${publicUrl}: not as ${host}.`;
  if (request.method === "GET" || request.method === "HEAD") return undefined;
  const site = request.headers.get("sec-fetch-site");
  const own = site === null ? hostOf(request.headers.get("origin")) === host : site === "same-origin";
  return own ? undefined : "This was not sent from a page of the control room.";
}
