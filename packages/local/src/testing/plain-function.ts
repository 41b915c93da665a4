import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalFunction } from "../lambda/local-function.ts";

export interface PlainFunctionOptions {
  timeoutSeconds?: number;
  env?: Record<string, string>;
}

/** A function of plain JavaScript, without stacks and without a bundler. */
export function createPlainFunction(code: string, { timeoutSeconds = 5, env = {} }: PlainFunctionOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-function-"));
  const lines: string[] = [];
  const description = { name: "plain", handler: "plain.handler", timeoutSeconds, memoryMb: 128, environment: {} };
  const fn = new LocalFunction(description, env, (line) => lines.push(line));
  let builds = 0;
  const build = (next: string) => {
    const file = join(folder, `build-${++builds}.mjs`);
    writeFileSync(file, next);
    fn.onBuild({ file });
  };
  build(code);
  return {
    fn,
    build,
    lines,
    async close() {
      await fn.close();
      rmSync(folder, { recursive: true });
    },
  };
}
