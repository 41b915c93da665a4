/**
 * What stands behind `npm run bench:apply`, `bench:access` and `bench:sync`: installs the workspaces where they are missing or old, then runs the
 * benchmark that is named with the Node.js that the project brings along.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureInstalledApart } from "../../scripts/install.mjs";
import { findNode } from "../../scripts/node.mjs";
import { run } from "../../scripts/process.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const node = findNode(root);

for (const workspace of ["turnpike", "peers/stripe-sync-engine", "peers/sync-engine"])
  await ensureInstalledApart(join(here, workspace), { node, root });
process.exitCode = await run(node, process.argv.slice(2), { node, root });
