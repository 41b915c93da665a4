/**
 * Installs AWS's runtime interface client, which is what runs a function within Lambda. It compiles C++ for a minute, with
 * tools that not every machine has, so it stays out of the project's own `npm ci`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("ric", import.meta.url));
const ric = join(folder, "node_modules/aws-lambda-ric");

/** The commands that compiling needs, and the Debian packages that have them. */
const TOOLS = {
  cmake: "cmake",
  autoconf: "autoconf",
  automake: "automake",
  libtoolize: "libtool",
  make: "make",
  "g++": "g++",
  python3: "python3",
  xz: "xz-utils",
};

/**
 * @param {string} node the Node.js that will run it
 * @throws with what is missing, where it cannot be installed
 */
export function ensureRuntimeInterfaceClient(node) {
  if (existsSync(join(ric, "rapid-client.node"))) return;
  if (process.platform !== "linux") throw new Error("AWS's runtime interface client can be compiled on Linux only.");
  ensureTools();
  console.error("Installing AWS's runtime interface client (once, about a minute)…");
  const installation = dirname(dirname(realpathSync(node)));
  const environment = {
    ...process.env,
    PATH: [dirname(node), process.env.PATH].join(delimiter),
    // Node's headers are beside it; where they are not, node-gyp takes them from nodejs.org.
    ...(existsSync(join(installation, "include/node")) && { npm_config_nodedir: installation }),
  };
  // Its install scripts, but not those of whatever else npm would run.
  step("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder, environment);
  step("sh", ["scripts/preinstall.sh"], ric, environment);
  step("sh", ["scripts/postinstall.sh"], ric, environment);
}

function ensureTools() {
  const missing = missingTools();
  if (missing.length === 0) return;
  const install = ["apt-get", "install", "-y", "--no-install-recommends", ...missing];
  if (mayInstall()) {
    console.error(`Installing ${missing.join(" ")} with apt-get…`);
    asRoot(["apt-get", "update"]);
    asRoot(install);
  }
  if (missingTools().length > 0) {
    throw new Error(`AWS's runtime interface client is compiled when it is installed. It needs: ${install.join(" ")}`);
  }
}

function missingTools() {
  return Object.entries(TOOLS).flatMap(([command, name]) => (isThere(command) ? [] : [name]));
}

function mayInstall() {
  return isThere("apt-get") && (process.getuid?.() === 0 || spawnSync("sudo", ["-n", "true"]).status === 0);
}

/** @param {string[]} command */
function asRoot(command) {
  const [program = "", ...args] = process.getuid?.() === 0 ? command : ["sudo", "-n", ...command];
  spawnSync(program, args, { stdio: "ignore" });
}

/** @param {string} command */
function isThere(command) {
  return spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {string} cwd
 * @param {NodeJS.ProcessEnv} env
 */
function step(program, args, cwd, env) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: "utf8", maxBuffer: 1 << 26 });
  if (status === 0) return;
  const end = `${stdout}\n${stderr}`.trim().split("\n").slice(-20).join("\n");
  throw new Error(`${end}\n\n"${program} ${args.join(" ")}" failed in ${cwd}, see above.`);
}
