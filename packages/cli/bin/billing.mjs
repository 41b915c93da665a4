#!/usr/bin/env node
/** `npx billing`: runs the command line with the Node.js that the project brings along, wherever it is called. */
import { fileURLToPath } from "node:url";
import { assertLauncherNode, findNode } from "../../../scripts/node.mjs";
import { run } from "../../../scripts/process.mjs";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
try {
  assertLauncherNode();
  const node = findNode(root);
  process.exitCode = await run(node, [main, ...process.argv.slice(2)], { node, root, folder: process.cwd() });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
