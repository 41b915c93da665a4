import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { run } from "./process.mjs";

/**
 * Installs what package-lock.json says, unless it is installed already.
 * @param {string} root
 */
export async function ensureInstalled(root) {
  const lockFile = join(root, "package-lock.json");
  const stamp = join(root, "node_modules/.turnpike-lock");
  // npm writes this one last, so its absence also tells of an installation that was broken off.
  const npmsRecord = join(root, "node_modules/.package-lock.json");
  const digest = createHash("sha256").update(readFileSync(lockFile)).digest("hex");

  if (existsSync(npmsRecord)) {
    if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
    // Installed by hand since the lock file changed.
    if (statSync(npmsRecord).mtimeMs >= statSync(lockFile).mtimeMs) return writeFileSync(stamp, digest);
  }
  console.error("Installing dependencies (once, about 2 minutes)…");
  const npm = npmCommand();
  const exitCode = await run(npm.program, [...npm.args, "ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    node: npm.node,
    root,
  });
  if (exitCode !== 0) throw new Error(`"npm ci" failed, see above. Mend that, then run the same command again.`);
  writeFileSync(stamp, digest);
}

/**
 * Installs what a folder beside the workspaces has of its own: what is large, and seldom needed.
 * @param {string} folder
 * @param {{ node: string, root: string }} project
 */
export async function ensureInstalledApart(folder, { node, root }) {
  const [wanted = 0, installed = 0] = ["package-lock.json", "node_modules/.package-lock.json"].map(
    (file) => statSync(join(folder, file), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  if (installed !== 0 && installed >= wanted) return;
  console.error(`Installing ${relative(root, folder)} (once)…`);
  const npm = npmCommand();
  const args = [...npm.args, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  if ((await run(npm.program, args, { node, root, folder })) === 0) return;
  throw new Error(`"npm ci" failed in ${relative(root, folder)}, see above.`);
}

/**
 * npm by the Node.js that runs npm now. The one in node_modules/.bin, which npm puts first in the PATH of its scripts,
 * is deleted and installed anew in the course of it.
 */
function npmCommand() {
  const { npm_execpath: npm, npm_node_execpath: node } = process.env;
  return npm && node ? { program: node, args: [npm], node } : { program: "npm", args: [], node: process.execPath };
}
