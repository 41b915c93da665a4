import type { Server } from "node:http";
import { join } from "node:path";
import { createServer } from "vite";
import type { RequestListener } from "../address.ts";
import type { SiteDescription } from "../stacks/description.ts";

/**
 * Serves the web app with reload on save, its web socket on the same server as everything else.
 * @param siteUrl Where browsers find it.
 * @param site From the stacks: its environment is what a deploy would build into the pages.
 */
export async function startDevServer(root: string, site: SiteDescription, siteUrl: string, server: Server) {
  const vite = await createServer({
    root: join(root, site.path),
    appType: "spa",
    clearScreen: false,
    logLevel: "warn",
    // Behind a tunnel the browser asks for the tunnel's host.
    server: { middlewareMode: true, hmr: { server }, allowedHosts: [new URL(siteUrl).hostname] },
    define: Object.fromEntries(
      Object.entries(site.environment).map(([name, value]) => [`import.meta.env.${name}`, JSON.stringify(value)]),
    ),
  });
  const listener: RequestListener = (request, response) =>
    vite.middlewares(request, response, () => {
      response.statusCode = 404;
      response.end("Not Found");
    });
  return { listener, close: () => vite.close() };
}
