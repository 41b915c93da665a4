#!/usr/bin/env node
/**
 * What stands behind `npm start`, `npm test` and `npm run check`: sets up what is missing, then runs the command with
 * the Node.js that the project brings along. Plain JavaScript without dependencies: on a fresh clone nothing else runs.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureInstalled, ensureInstalledApart } from "./install.mjs";
import { assertLauncherNode, findNode } from "./node.mjs";
import { run } from "./process.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = join(root, "node_modules/.bin");

const USAGE = `Usage: node scripts/run.mjs <command>

  start [--fresh] [--help]   everything on this machine      npm start
  test [vitest's arguments]  the tests                       npm test -- packages/core
  test:processes             those of programs as a whole: npm start, the command line  npm run test:processes
  test:browser               those of people in a browser    npm run test:browser
  test:apps                  the buttons in apps of others  npm run test:apps
  test:clients               others' clients of Stripe, against the emulator  npm run test:clients
  lighthouse                 Lighthouse's look at the pages  npm run lighthouse
  check [--fix]              types, lint, format and walls   npm run check
  screenshots                every page in every state       npm run screenshots
  generate                   what derives from elsewhere     npm run generate
  costs                      writes docs/costs.md anew       npm run costs
  events                     what Stripe's endpoint needs    npm run --silent events
  mutants [--ts | --sql] [--folder F [--range R]…]
                             which guarantee no test misses  npm run mutants
  model [--help]             every history of a row and of a sale  npm run model
  simulate [--help]          months of customers, with faults  npm run simulate
  soak [--events N]          many events, with faults        npm run soak
  outage [--help]            forty days of it, put right     npm run bench:outage`;

/** @type {Record<string, (node: string, args: string[]) => Promise<number>>} */
const commands = {
  start: (node, args) => run(node, ["packages/local/src/main.ts", ...args], { node, root, supervised: true }),

  test(node, args) {
    const named = args.some((arg) => !arg.startsWith("-"));
    return runTests(node, named ? [] : ["unit", "system", "stacks"], args);
  },

  "test:processes": (node) => runTests(node, ["processes"]),
  "test:browser": (node) => runTests(node, ["browser"]),

  "test:apps": (node) => runApart(node, "apps", "TEST_APPS"),
  "test:clients": (node) => runApart(node, "clients", "TEST_CLIENTS"),
  lighthouse: (node) => runApart(node, "lighthouse", "LIGHTHOUSE"),

  screenshots(node) {
    process.env.PICTURES = "docs/screenshots";
    return run(node, ["node_modules/vitest/vitest.mjs", "run", "test/browser/pages.test.ts"], { node, root });
  },

  generate(node, args) {
    process.env.JSII_DEPRECATED = "quiet"; // SST uses what CDK is about to drop
    return run(node, ["scripts/generate.ts", ...args], { node, root });
  },

  async costs(node) {
    const page = ["run", "--project", "stacks", "test/stacks-costs.test.ts", "--update"];
    return run(node, ["node_modules/vitest/vitest.mjs", ...page], { node, root });
  },

  events: (node, args) => run(node, ["scripts/events.ts", ...args], { node, root }),

  mutants: (node, args) => run(node, ["test/mutants/run.ts", ...args], { node, root }),

  model: (node, args) => run(node, ["--max-old-space-size=6144", "test/model/main.ts", ...args], { node, root }),

  simulate: (node, args) => run(node, ["test/simulation/main.ts", ...args], { node, root }),

  soak: (node, args) => run(node, ["bench/soak.ts", ...args], { node, root }),

  outage: (node, args) => run(node, ["bench/outage/main.ts", ...args], { node, root }),

  async check(node, args) {
    const fix = args.includes("--fix");
    const { cruised } = await import("../.dependency-cruiser.mjs");
    const steps = [
      ["tsc", "-p", "tsconfig.json"],
      ["tsc", "-p", "packages/web/tsconfig.json"],
      ["biome", "check", "--error-on-warnings", ...(fix ? ["--write"] : [])],
      ["depcruise", "--config", ".dependency-cruiser.mjs", ...cruised],
    ];
    let worst = 0;
    for (const [tool = "", ...toolArgs] of steps) {
      console.log(`> ${tool} ${toolArgs.join(" ")}`);
      worst = Math.max(worst, await run(join(bin, tool), toolArgs, { node, root }));
    }
    return worst;
  },
};

/**
 * @param {string} node
 * @param {string[]} projects of vitest.config.ts; none means all
 * @param {string[]} args
 */
function runTests(node, projects, args = []) {
  const chosen = projects.flatMap((project) => ["--project", project]);
  return run(node, ["node_modules/vitest/vitest.mjs", "run", ...chosen, ...args], { node, root });
}

/**
 * The tests of a folder that installs what it needs by itself; they are skipped wherever the variable is not set.
 * @param {string} node
 * @param {string} name
 * @param {string} variable
 */
async function runApart(node, name, variable) {
  await ensureInstalledApart(join(root, "test", name), { node, root });
  process.env[variable] = "yes";
  return run(node, ["node_modules/vitest/vitest.mjs", "run", `test/${name}/${name}.test.ts`], { node, root });
}

/** What a command takes that hands nothing on: the others read it themselves. @type {Record<string, string[]>} */
const FLAGS = {
  check: ["--fix"],
  "test:processes": [],
  "test:browser": [],
  "test:apps": [],
  "test:clients": [],
  lighthouse: [],
  screenshots: [],
  generate: [],
  costs: [],
  events: [],
};

const [name = "", ...args] = process.argv.slice(2);
const command = commands[name];
if (!command) {
  console.error(USAGE);
  process.exit(2);
}
const flags = FLAGS[name];
if (flags && args.some((arg) => arg === "--help" || arg === "-h")) {
  console.log(USAGE);
  process.exit();
}
const unknown = flags && args.find((arg) => !flags.includes(arg));
if (unknown) {
  console.error(`npm run ${name} takes no ${unknown}. Its --help says more.`);
  process.exit(2);
}
try {
  assertLauncherNode();
  await ensureInstalled(root);
  process.exitCode = await command(findNode(root), args);
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
