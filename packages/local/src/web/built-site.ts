import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { getRequestListener } from "@hono/node-server";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import { compress } from "hono/compress";
import type { RequestListener } from "../address.ts";
import type { SiteDescription } from "../stacks/description.ts";
import { readPages } from "./pages.ts";

/**
 * Serves the web app as a deploy builds it: a page is a few files, where the development server's is two hundred.
 * @param outDir Where the build goes.
 */
export async function startBuiltSite(root: string, site: SiteDescription, outDir: string) {
  const cwd = join(root, site.path);
  const vite = join(dirname(createRequire(join(cwd, "vite.config.ts")).resolve("vite/package.json")), "bin/vite.js");
  const { PATH } = process.env;
  const env = { PATH, NODE_ENV: "production", ...site.environment };
  await promisify(execFile)(process.execPath, [vite, "build", "--outDir", outDir, "--logLevel", "warn"], { cwd, env });

  const statusOf = readPages(cwd, site.environment);
  const index = readFileSync(join(outDir, "index.html"), "utf8");
  const folder = relative(process.cwd(), outDir);
  const app = new Hono()
    .use(compress()) // as CloudFront does
    .get("/:path{.+\\.\\w+}", serveStatic({ root: folder }))
    .get("*", (context) => context.html(index, statusOf(context.req.path)));
  const listener: RequestListener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  return { listener, close: async () => {} };
}
