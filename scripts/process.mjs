import { spawn } from "node:child_process";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";

const ORPHAN_CHECK_MS = 500;

/**
 * Runs a program to its end. Signals are passed on, and it is the program that decides when it ends.
 * @param {string} program
 * @param {string[]} args
 * @param {object} options
 * @param {string} options.node the Node.js that its own children find first
 * @param {string} options.root the project's folder
 * @param {string} [options.folder] where it runs, if not there
 * @param {boolean} [options.supervised] whether it has a channel by which it notices that this process is gone
 * @returns {Promise<number>} its exit code
 */
export function run(program, args, { node, root, folder = root, supervised = false }) {
  const child = spawn(program, args, {
    cwd: folder,
    stdio: supervised ? ["inherit", "inherit", "inherit", "ipc"] : "inherit",
    env: {
      ...process.env,
      PATH: [dirname(node), process.env.PATH].join(delimiter),
      // node:sqlite, which the SQS emulator keeps its messages in, is called experimental in Node.js 22.
      NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --disable-warning=ExperimentalWarning`.trim(),
      // CDK is 35 MB of JavaScript: compiled once, a start is a second shorter.
      NODE_COMPILE_CACHE: join(root, "node_modules/.cache/node-compile"),
      // With it on, a failing `sst` can exit 0.
      SST_TELEMETRY_DISABLED: "1",
    },
  });
  const signals = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);
  const passOn = signals.map((signal) => ({ signal, listener: () => void child.kill(signal) }));
  for (const { signal, listener } of passOn) process.on(signal, listener);
  const stopWatching = onOrphaned(() => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      stopWatching();
      for (const { signal, listener } of passOn) process.off(signal, listener);
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 1));
    });
  });
}

/**
 * npm passes a SIGTERM on to the shell that it has started us by, and that shell ends without passing it on further.
 * @param {() => void} listener called when npm is gone
 * @returns what ends the watching
 */
function onOrphaned(listener) {
  if (!process.env.npm_lifecycle_event) return () => {};
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) listener();
  }, ORPHAN_CHECK_MS);
  return () => clearInterval(timer);
}
