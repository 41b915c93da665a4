const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

export const hostOf = (address: string | null): string | undefined =>
  address !== null && URL.canParse(address) ? new URL(address).host : undefined;

/**
 * Whether a request came by another name than this machine's own ones and that of `publicUrl`. A page of another site can
 * make its name resolve to this machine (DNS rebinding), and is then of one origin with it: the `Host` header still has that name.
 */
export function isForeign(request: Request, publicUrl: string): boolean {
  const { hostname, host } = new URL(request.url);
  return !LOOPBACK.test(hostname) && host !== hostOf(publicUrl);
}
