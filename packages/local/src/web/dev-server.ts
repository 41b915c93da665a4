import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import { join } from "node:path";
import { createServer } from "vite";
import type { RequestListener } from "../address.ts";
import type { SiteDescription } from "../stacks/description.ts";
import { readPages } from "./pages.ts";

/**
 * Serves the web app with reload on save, its web socket on the same server as everything else.
 * @param siteUrl Where browsers find it.
 * @param site From the stacks: its environment is what a deploy would build into the pages.
 * @param links What is on this machine beside it, at the foot of each page: by name, the addresses.
 */
export async function startDevServer(
  root: string,
  site: SiteDescription,
  siteUrl: string,
  server: Server,
  links: Record<string, string>,
) {
  const statusOf = readPages(join(root, site.path), site.environment);
  const vite = await createServer({
    root: join(root, site.path),
    appType: "custom",
    clearScreen: false,
    logLevel: "warn",
    // Behind a tunnel the browser asks for the tunnel's host.
    server: { middlewareMode: true, ws: { server }, allowedHosts: [new URL(siteUrl).hostname] },
    define: Object.fromEntries(
      Object.entries(site.environment).map(([name, value]) => [`import.meta.env.${name}`, JSON.stringify(value)]),
    ),
  });
  const listener: RequestListener = (request, response) =>
    vite.middlewares(request, response, async () => {
      const target = request.url ?? "/";
      try {
        const html = await vite.transformIndexHtml(target, readFileSync(join(root, site.path, "index.html"), "utf8"));
        response.writeHead(statusOf(target), {
          "content-type": "text/html; charset=utf-8",
          "cache-control": "no-cache",
        });
        response.end(html.replace("</body>", `${footOf(links)}</body>`));
      } catch (error) {
        response.writeHead(500, { "content-type": "text/plain; charset=utf-8" }).end(String(error));
      }
    });
  return { listener, close: () => vite.close() };
}

/** Whoever tries the product out finds what is behind it. */
function footOf(links: Record<string, string>): string {
  const list = Object.entries(links).map(([name, address]) => `<a href="${address}">${name}</a>`);
  return `<p style="margin: 0; padding: 0 1rem 2rem; text-align: center">This runs on your machine: ${list.join(", ")}</p>`;
}
