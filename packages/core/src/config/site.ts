/** Where the product lives: redirects may go there, and cookie-authenticated requests may come from there. */
export interface Site {
  /** Without a slash at the end. */
  url: string;
  allowedOrigins: readonly string[];
}

/**
 * @param url of the web app, without a slash at the end
 * @param furtherOrigins that the product uses beside its own
 */
export function siteAt(url: string, furtherOrigins: readonly string[] = []): Site {
  return { url, allowedOrigins: [new URL(url).origin, ...furtherOrigins] };
}
