const LOOPBACK = /^(.+\.)?localhost$|^127\.\d+\.\d+\.\d+$|^\[::1\]$/;

/**
 * Why a request is refused; undefined when it may pass. A page of another site can make its name resolve to this machine (DNS
 * rebinding), and would then read e-mails and keys here: the `Host` header still has that name.
 * @param host the `Host` header
 * @param own addresses of this system under other names, as behind a tunnel
 */
export function refusalOfHost(host: string | undefined, own: readonly string[]): string | undefined {
  const address = `http://${host}`;
  if (host && URL.canParse(address)) {
    const { hostname, host: normal } = new URL(address);
    if (LOOPBACK.test(hostname) || own.some((each) => URL.canParse(each) && new URL(each).host === normal))
      return undefined;
  }
  return `This runs for this machine alone, as localhost. For another name set SITE_URL to it.\n`;
}
