/**
 * What stands behind `npm run bench:cold` and `npm run test:artifacts`: installs AWS's runtime interface client where it is
 * missing, then runs the command, if there is one, with the Node.js that the project brings along.
 */
import { fileURLToPath } from "node:url";
import { findNode } from "../../scripts/node.mjs";
import { run } from "../../scripts/process.mjs";
import { ensureRuntimeInterfaceClient } from "./install.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const node = findNode(root);
const command = process.argv.slice(2);
process.env.JSII_DEPRECATED = "quiet"; // SST uses what CDK is about to drop
try {
  ensureRuntimeInterfaceClient(node);
  if (command.length > 0) process.exitCode = await run(node, command, { node, root });
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
