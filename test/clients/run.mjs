/** What stands behind `npm run test:clients`: installs the clients, where they are missing, then runs them against the emulator. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findNode } from "../../scripts/node.mjs";
import { run } from "../../scripts/process.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "test/clients");
const node = findNode(root);
if (!existsSync(join(folder, "node_modules/better-auth/package.json"))) {
  console.error("Installing the clients (once)…");
  // Of the frameworks that Stripe's agent toolkit has an entry for, none is wanted.
  execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--legacy-peer-deps"], {
    cwd: folder,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
}
process.env.TEST_CLIENTS = "yes";
process.exitCode = await run(node, ["node_modules/vitest/vitest.mjs", "run", "test/clients/clients.test.ts"], {
  node,
  root,
});
