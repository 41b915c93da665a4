/** What stands behind `npm run test:apps`: installs what the apps are built with, where it is missing, then builds them and buys in both. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureInstalledApart } from "../../scripts/install.mjs";
import { findNode } from "../../scripts/node.mjs";
import { run } from "../../scripts/process.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const node = findNode(root);
await ensureInstalledApart(join(root, "test/apps"), { node, root });
process.env.TEST_APPS = "yes";
process.exitCode = await run(node, ["node_modules/vitest/vitest.mjs", "run", "test/apps/apps.test.ts"], { node, root });
