/** @type {import("@stryker-mutator/api/core").PartialStrykerOptions} */
export default {
  testRunner: "vitest",
  plugins: ["@stryker-mutator/vitest-runner"],
  vitest: { configFile: "test/mutants/vitest.config.ts", related: false },
  mutate: [
    "packages/core/src/{mirror,checkout,customer,identity,reconcile,webhook}/**/*.ts",
    "packages/functions/src/middleware/*.ts",
    "packages/functions/src/{route,queue,apply-stripe-events,receive-stripe-event}.ts",
    "!**/*.test.ts",
  ],
  coverageAnalysis: "perTest",
  // One more than there are cores: the tests sleep, too.
  concurrency: 3,
  // Not under node_modules: Vite would leave what is there to Node.
  tempDirName: ".stryker",
  ignorePatterns: [".sst", "dist", "/.*", "docs", "bench", "*.tar"],
  reporters: ["json", "progress-append-only"],
  jsonReporter: { fileName: "node_modules/.cache/mutants/report.json" },
  timeoutMS: 5000,
  timeoutFactor: 1.5,
  // TypeScript 7 has no interface in JavaScript with which Stryker could rewrite a tsconfig.json: it must not find one.
  tsconfigFile: "none.json",
};
