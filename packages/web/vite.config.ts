import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { brand } from "./src/brand.ts";

/** What is known of a page before its script runs: search engines and previews of links read that. */
const describePage: Plugin = {
  name: "describe-page",
  transformIndexHtml: (html) =>
    html.replaceAll("%BRAND_NAME%", brand.name).replaceAll("%BRAND_TAGLINE%", brand.tagline),
};

export default defineConfig({
  plugins: [react(), describePage],
  resolve: {
    // The repository's root holds an older React for another package; everything here must meet this package's own.
    dedupe: ["react", "react-dom"],
    alias: [
      {
        find: /^@supabase\/(realtime|storage|functions)-js$/,
        replacement: fileURLToPath(new URL("src/left-out.ts", import.meta.url)),
      },
    ],
  },
  build: { outDir: "dist", target: "es2022" },
});
