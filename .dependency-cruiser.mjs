import { readdirSync, readFileSync } from "node:fs";

/**
 * The walls between the rooms: who may import whom, by the file that an import leads to, so that a relative path is held like
 * a name. `npm run check` runs it; test/walls.test.ts plants a crossing of each rule, and holds the table in docs/architecture.md
 * against `rooms`.
 */

/** @type {Record<string, import("./.dependency-cruiser.d.mts").Room>} */
export const rooms = {
  core: { path: "^packages/core/", uses: [], npm: ["stripe", "@supabase/supabase-js", "@supabase/ssr", "jose", "zod"] },
  functions: {
    path: "^packages/functions/",
    uses: ["core", "settings"],
    npm: ["@middy/core", "@middy/http-header-normalizer", "@middy/http-json-body-parser", "cookie"],
    types: ["aws-lambda", "stripe", "zod"],
  },
  stacks: {
    path: "^(stacks/|sst\\.config\\.ts$)",
    uses: ["settings", "scripts"],
    npm: ["sst", "aws-cdk-lib", "cdk-nag", "constructs"],
  },
  settings: { path: "^packages/settings/", uses: [], npm: [] },
  web: {
    path: "^packages/web/",
    uses: ["core"],
    npm: ["react", "react-dom", "wouter", "@supabase/supabase-js", "@supabase/postgrest-js", "@supabase/ssr"],
  },
  local: { path: "^packages/local/", uses: ["core", "settings", "stripe-emulator"] },
  // Its launcher runs on whichever Node.js there is, as what stands behind the npm commands does.
  cli: { path: "^packages/cli/", uses: ["core", "settings", "scripts"], npm: ["commander", "@aws-sdk/client-sqs"] },
  "stripe-emulator": {
    path: "^packages/stripe-emulator/",
    uses: [],
    npm: ["hono", "@hono/node-server", "ws", "vitest"],
    types: ["stripe"],
  },
  scripts: { path: "^scripts/", uses: ["packages", "stacks"] },
  test: { path: "^(test/|vitest\\.config\\.ts$)", uses: ["packages", "stacks", "scripts"] },
};

/** What is held to the rules. */
export const cruised = ["packages", "stacks", "scripts", "test", "bench", "sst.config.ts", "vitest.config.ts"];

const NODE_MODULES = "(^|/)node_modules/";
// The parts of a package that are not its product: they may use what the root declares for development.
const DEVELOPMENT = "(\\.test\\.tsx?$|/testing/|^packages/[^/]+/scripts/|/vite\\.config\\.ts$)";
// Measured beside a package.json of its own, which `npm ci` at the root does not install.
const INSTALLED_APART = "^bench/apply/.+/";

/** The files that a package shows to others: the targets of its `exports`. */
const faces = readdirSync(new URL("packages/", import.meta.url)).flatMap((name) => {
  const { exports = {} } = JSON.parse(readFileSync(new URL(`packages/${name}/package.json`, import.meta.url), "utf8"));
  return Object.values(exports).map((file) => `^packages/${name}/${pattern(file.slice("./".length))}$`);
});

/** @param {string} path with `*` for one folder */
function pattern(path) {
  return path.replaceAll(".", "\\.").replaceAll("*", "[^/]+");
}

/** @param {string[]} packages */
const installed = (packages) => packages.map((name) => `${NODE_MODULES}(@types/)?${name}/`);

const perRoom = Object.entries(rooms).flatMap(([name, room]) => {
  const product = { path: room.path, pathNot: DEVELOPMENT };
  return [
    {
      name: `${name}-rooms`,
      comment: `What ${name} may import of ours: the rooms' table in docs/architecture.md.`,
      from: { path: room.path },
      to: {
        path: "^(packages|stacks|scripts|test|bench|sst\\.config|vitest\\.config)",
        pathNot: [room.path, NODE_MODULES, ...room.uses.map((used) => rooms[used]?.path ?? `^${used}/`)],
      },
    },
    ...(room.npm
      ? [
          {
            name: `${name}-npm`,
            comment: `The npm packages of ${name}: the rooms' table in docs/architecture.md.`,
            from: product,
            to: { path: NODE_MODULES, pathNot: installed([...room.npm, ...(room.types ?? [])]) },
          },
        ]
      : []),
    ...(room.types
      ? [
          {
            name: `${name}-types-only`,
            comment: `Of these packages ${name} uses the types only.`,
            from: product,
            to: { path: installed(room.types), dependencyTypesNot: ["type-only"] },
          },
        ]
      : []),
  ];
});

const packages = [
  {
    name: "faces-only",
    comment: "A package is used through the files that its `exports` name; those of tests through a testing face.",
    from: { path: "^packages/([^/]+)/" },
    to: { path: "^packages/", pathNot: ["^packages/$1/", NODE_MODULES, ...faces] },
  },
  {
    name: "faces-only-outside",
    comment: "As faces-only, for test, bench, scripts and stacks.",
    from: { pathNot: "^packages/" },
    to: { path: "^packages/", pathNot: [NODE_MODULES, ...faces] },
  },
  {
    name: "packages-by-name",
    comment:
      "Another package is imported by its name: a path to its face would hold only for as long as nothing moves.",
    from: { path: "^(packages/[^/]+|test|bench|scripts|stacks)/" },
    to: {
      path: "^packages/",
      pathNot: ["^$1/", NODE_MODULES],
      dependencyTypes: ["local"],
      dependencyTypesNot: ["aliased"],
    },
  },
  {
    name: "web-schemas-only",
    comment: "Of core the pages use schemas and the database's types: what a browser may hold.",
    from: { path: "^packages/web/" },
    to: { path: "^packages/core/", pathNot: "^packages/core/src/([^/]+/schema|supabase/index)\\.ts$" },
  },
  {
    name: "sst-in-one-adapter",
    comment:
      "Of SST and CDK the local runtime knows in one folder, which reads them into a description: the way out is another such folder.",
    from: { path: "^packages/", pathNot: ["^packages/local/src/(stacks|testing)/"] },
    to: { path: installed(["sst", "aws-cdk-lib", "constructs"]) },
  },
  {
    name: "testing-faces-in-tests",
    comment: "What is made for tests is used by tests, measurements and scripts.",
    from: { path: "^(packages|stacks)/", pathNot: DEVELOPMENT },
    to: { path: ["^packages/[^/]+/(src/testing|scripts)/", "\\.test\\.tsx?$"] },
  },
];

// From the outside in: a sale knows the mirror, the mirror knows Stripe's client, and never the other way round.
const CLIENTS = "(stripe|supabase|config|errors|identity)/|clients\\.ts$";
const MIRROR = "(mirror|webhook)/";

const concepts = [
  {
    name: "concepts-by-face",
    // stripe/version.ts, too: by way of index.ts the receiver's bundle would hold all of Stripe's client.
    comment: "One concept of core uses another through its index.ts or schema.ts.",
    from: { path: "^packages/core/src/([^/]+)/" },
    to: {
      path: "^packages/core/src/",
      pathNot: ["^packages/core/src/$1/", "^packages/core/src/([^/]+/(index|schema)|stripe/version|clients)\\.ts$"],
    },
  },
  {
    name: "clients-know-clients-only",
    comment: "Core's clients, settings and errors know no use-case and no mirror.",
    from: { path: `^packages/core/src/(${CLIENTS})` },
    to: { path: "^packages/core/src/", pathNot: `^packages/core/src/(${CLIENTS})` },
  },
  {
    name: "mirror-knows-no-use-case",
    comment: "The mirror and the webhook know core's clients, and no use-case.",
    from: { path: `^packages/core/src/${MIRROR}` },
    to: { path: "^packages/core/src/", pathNot: `^packages/core/src/(${MIRROR}|${CLIENTS})` },
  },
  {
    name: "one-maker-of-clients",
    // webhook/verify.ts checks signatures by what Stripe's package has for it.
    comment: "Only core/stripe makes a client of Stripe; the rest of core knows the types of what it is handed.",
    from: { path: "^packages/core/src/", pathNot: ["^packages/core/src/(stripe/|webhook/verify\\.ts$)", DEVELOPMENT] },
    to: { path: installed(["stripe"]), dependencyTypesNot: ["type-only"] },
  },
  {
    name: "one-maker-of-service-clients",
    // identity/ makes clients that act for a user.
    comment:
      "Only core/supabase makes a client with the service role; the rest of core knows the types of what it is handed.",
    from: { path: "^packages/core/src/", pathNot: ["^packages/core/src/supabase/", DEVELOPMENT] },
    to: { path: installed(["@supabase/supabase-js"]), dependencyTypesNot: ["type-only"] },
  },
  {
    name: "doctor-for-operators",
    comment:
      "The doctor brings a description of the whole database along: it is the operator's, and in no function's bundle.",
    from: { path: "^packages/(core|functions|web|local)/", pathNot: "^packages/core/src/doctor/" },
    to: { path: "^packages/core/src/doctor/" },
  },
  {
    name: "core-node",
    comment: "Of Node's modules core uses hashes and timers: no HTTP, no files, no processes.",
    from: { path: "^packages/core/", pathNot: DEVELOPMENT },
    to: { dependencyTypes: ["core"], pathNot: "^(crypto|timers/promises)$" },
  },
  {
    name: "web-node",
    comment: "A browser has none of Node's modules.",
    from: { path: "^packages/web/", pathNot: DEVELOPMENT },
    to: { dependencyTypes: ["core"] },
  },
];

/** The emulator's floors, from the ground up: what is kept, how it is told, the world, what money does, and who asks for it. */
const FLOORS = {
  state: "(state/|api-version\\.ts$)",
  events: "events/",
  world: "world(\\.ts$|/)",
  billing: "billing/",
  api: "api/",
  resources: "resources/",
  controls: "(controls|planting|jobs|own-host)(\\.ts$|/)",
  pages: "(pages/|control\\.ts$)",
};

const floors = Object.entries(FLOORS).map(([name, floor], at, all) => ({
  name: `emulator-${name}`,
  comment: `The emulator's ${name} knows the floors below it and no other: ${Object.keys(FLOORS).slice(0, at).join(", ") || "there are none"}.`,
  from: { path: `^packages/stripe-emulator/src/${floor}`, pathNot: DEVELOPMENT },
  to: {
    path: "^packages/stripe-emulator/src/",
    pathNot: `^packages/stripe-emulator/src/(${all
      .slice(0, at + 1)
      .map(([, below]) => below)
      .join("|")})`,
  },
}));

const everywhere = [
  {
    name: "no-circles",
    comment: "Files that need each other to run are one file, or one of them knows too much. Types may go in circles.",
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
  },
  {
    name: "no-path-into-node_modules",
    comment: "Where npm puts a package is npm's business, and what a package does not export is its own.",
    from: { pathNot: NODE_MODULES },
    to: { path: NODE_MODULES, dependencyTypes: ["local", "localmodule"] },
  },
  {
    name: "declared",
    comment:
      "A package that is imported is named in the package.json of who imports it, or the root's for development.",
    from: { pathNot: [INSTALLED_APART, NODE_MODULES] },
    to: { dependencyTypes: ["npm-no-pkg", "npm-unknown", "unknown"] },
  },
  {
    name: "declared-for-production",
    comment: "What product code runs is a dependency of its package, none of development's.",
    from: { path: "^packages/", pathNot: DEVELOPMENT },
    to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only", "npm", "npm-peer"] },
  },
];

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [...perRoom, ...packages, ...concepts, ...floors, ...everywhere].map((rule) => ({
    severity: "error",
    ...rule,
  })),
  options: {
    // TypeScript 7 has no API yet that dependency-cruiser could read with; swc tells types from values as well.
    parser: "swc",
    combinedDependencies: true,
    doNotFollow: { path: NODE_MODULES },
    exclude: { path: "^packages/[^/]+/dist/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default"],
      mainFields: ["module", "main", "types"],
      extensions: [".ts", ".tsx", ".mts", ".d.ts", ".js", ".mjs", ".json"],
    },
  },
};
