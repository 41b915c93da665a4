/** What stands behind `npm run test:apps`: installs what the apps are built with, where it is missing, then builds them and buys in both. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findNode } from "../../scripts/node.mjs";
import { run } from "../../scripts/process.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "test/apps");
const node = findNode(root);
if (!existsSync(join(folder, "node_modules/next/package.json"))) {
  console.error("Installing Next.js and Vite for the apps (once)…");
  execFileSync("npm", ["ci", "--no-audit", "--no-fund"], {
    cwd: folder,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
}
process.env.TEST_APPS = "yes";
process.exitCode = await run(node, ["node_modules/vitest/vitest.mjs", "run", "test/apps/apps.test.ts"], { node, root });
