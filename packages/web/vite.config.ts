import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // The repository's root holds an older React for another package; everything here must meet this package's own.
  resolve: { dedupe: ["react", "react-dom"] },
  build: { outDir: "dist", target: "es2022" },
});
