import { startLocal } from "@turnpike/local";
import { shareBuiltStacks } from "@turnpike/local/testing";

/** The whole system but its pages, in a process that crash.test.ts kills. */
const [builtStacks = "", dataDir = "", port = ""] = process.argv.slice(2);
await startLocal({
  environment: { PATH: process.env.PATH ?? "" },
  dataDir,
  port: Number(port),
  web: false,
  watch: false,
  stacks: await shareBuiltStacks(builtStacks),
});
