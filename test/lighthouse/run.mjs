/** What stands behind `npm run lighthouse`: installs Lighthouse, where it is missing, then has it look at the pages. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureInstalledApart } from "../../scripts/install.mjs";
import { findNode } from "../../scripts/node.mjs";
import { run } from "../../scripts/process.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const node = findNode(root);
await ensureInstalledApart(join(root, "test/lighthouse"), { node, root });
process.env.LIGHTHOUSE = "yes";
const args = ["node_modules/vitest/vitest.mjs", "run", "test/lighthouse/lighthouse.test.ts"];
process.exitCode = await run(node, args, { node, root });
