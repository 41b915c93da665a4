/** @type {import("@stryker-mutator/api/core").PartialStrykerOptions} */
export default {
  testRunner: "vitest",
  plugins: ["@stryker-mutator/vitest-runner"],
  vitest: { configFile: "test/mutants/vitest.config.ts", related: false },
  coverageAnalysis: "perTest",
  concurrency: 2,
  // Not under node_modules: Vite would leave what is there to Node.
  tempDirName: ".stryker",
  ignorePatterns: [".sst", "dist", "/.*", "docs", "bench", "*.tar"],
  reporters: ["json", "progress-append-only"],
  jsonReporter: { fileName: "node_modules/.cache/mutants/report.json" },
  // Only for what never ends, however slow the machine is: a test that hangs fails long before.
  timeoutMS: 60_000,
  timeoutFactor: 5,
  // TypeScript 7 has no interface in JavaScript with which Stryker could rewrite a tsconfig.json: it must not find one.
  tsconfigFile: "none.json",
};
