/** @type {import("@stryker-mutator/api/core").PartialStrykerOptions} */
export default {
  testRunner: "vitest",
  plugins: ["@stryker-mutator/vitest-runner"],
  vitest: { configFile: "test/mutants/vitest.config.ts", related: false },
  coverageAnalysis: "perTest",
  // One more than there are cores: the tests sleep, too.
  concurrency: 3,
  // Not under node_modules: Vite would leave what is there to Node.
  tempDirName: ".stryker",
  ignorePatterns: [".sst", "dist", "/.*", "docs", "bench", "*.tar"],
  reporters: ["json", "progress-append-only"],
  jsonReporter: { fileName: "node_modules/.cache/mutants/report.json" },
  // Only for what never ends: a test that hangs fails long before.
  timeoutMS: 30_000,
  timeoutFactor: 3,
  // TypeScript 7 has no interface in JavaScript with which Stryker could rewrite a tsconfig.json: it must not find one.
  tsconfigFile: "none.json",
};
