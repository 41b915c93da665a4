import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, loadEnv, type Plugin, type ServerOptions } from "vite";
import { brand } from "./src/brand.ts";

/** What is known of a page before its script runs: search engines and previews of links read that. */
const describePage: Plugin = {
  name: "describe-page",
  transformIndexHtml: (html) =>
    html.replaceAll("%BRAND_NAME%", brand.name).replaceAll("%BRAND_TAGLINE%", brand.tagline),
};

/** The same page under the name by which the edge knows that its address is none: stacks/pages.ts. */
const notFoundPage: Plugin = {
  name: "not-found-page",
  apply: "build",
  generateBundle: {
    order: "post",
    handler(_options, bundle) {
      const index = bundle["index.html"];
      if (index?.type === "asset") this.emitFile({ type: "asset", fileName: "404.html", source: index.source });
    },
  },
};

/** Beside `sst dev`: the pages of this machine, and the API in AWS under the same address, as CloudFront has it on a stage. */
function besides(apiUrl: string | undefined): ServerOptions {
  return apiUrl ? { port: 5173, strictPort: true, proxy: { "/api": { target: apiUrl, changeOrigin: true } } } : {};
}

export default defineConfig(({ mode }) => ({
  server: besides(loadEnv(mode, import.meta.dirname, "API_URL").API_URL),
  plugins: [react(), describePage, notFoundPage],
  resolve: {
    // The repository's root holds an older React for another package; everything here must meet this package's own.
    dedupe: ["react", "react-dom"],
    alias: [
      {
        find: /^@supabase\/(realtime|storage|functions)-js$/,
        replacement: fileURLToPath(new URL("src/left-out.ts", import.meta.url)),
      },
      // wouter brings one for a React that has none.
      { find: "use-sync-external-store/shim/index.js", replacement: "react" },
    ],
  },
  // Browsers that know no modulepreload load a moment later, and need nothing in its place.
  build: {
    outDir: "dist",
    target: "es2022",
    modulePreload: { polyfill: false },
    // What every visitor loads comes in one file, which packs better than several.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "first", tags: ["$initial"] }] } } },
  },
}));
