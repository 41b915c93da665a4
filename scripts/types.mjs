import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { run } from "./process.mjs";

/**
 * Has SST write the types of the stacks' secrets and queues (`.sst/types`), which the handlers are checked against, when
 * they are missing or older than the stacks.
 * @param {string} node
 * @param {string} root
 */
export async function ensureTypes(node, root) {
  const types = join(root, ".sst/types/index.ts");
  const sources = [
    join(root, "sst.config.ts"),
    ...readdirSync(join(root, "stacks")).map((file) => join(root, "stacks", file)),
  ];
  if (existsSync(types) && sources.every((file) => statSync(file).mtimeMs < statSync(types).mtimeMs)) return;
  console.error("Generating the types of the stacks' bindings…");
  const exitCode = await run(node, ["node_modules/sst/cli/sst.js", "types", "--stage", "local"], { node, root });
  if (exitCode !== 0) throw new Error(`"sst types" failed, see above: the stacks do not construct.`);
}
