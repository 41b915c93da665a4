/**
 * What stands behind `npm run bench:apply`, `bench:access` and `bench:sync`: installs the workspaces where they are missing or old, then runs the
 * benchmark that is named with the Node.js that the project brings along.
 */
import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findNode } from "../../scripts/node.mjs";
import { run } from "../../scripts/process.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const node = findNode(root);

for (const workspace of ["turnpike", "peers/stripe-sync-engine", "peers/sync-engine"]) {
  const folder = join(here, workspace);
  if (isInstalled(folder)) continue;
  console.error(`Installing bench/apply/${workspace} (once)…`);
  const exitCode = await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    node,
    root: folder,
  });
  if (exitCode !== 0) throw new Error(`"npm ci" failed in bench/apply/${workspace}, see above.`);
}
process.exitCode = await run(node, process.argv.slice(2), { node, root });

/** @param {string} folder */
function isInstalled(folder) {
  const [wanted, installed] = ["package-lock.json", "node_modules/.package-lock.json"].map(
    (file) => statSync(join(folder, file), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  return installed !== 0 && installed >= wanted;
}
