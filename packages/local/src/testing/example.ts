import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listen } from "../address.ts";
import { startAws } from "../aws.ts";

/** A small system of every kind of construct that the local runtime knows. */
export const EXAMPLE_ROOT = join(import.meta.dirname, "system");

/** Runs the example's AWS part on a free port, with its data in a folder that goes with it. */
export async function startExample() {
  const dataDir = mkdtempSync(join(tmpdir(), "turnpike-aws-"));
  const lines: string[] = [];
  const aws = await startAws({
    root: EXAMPLE_ROOT,
    dataDir,
    environment: { GREETING: "hello" },
    secrets: { BOUND_SECRET: "s3cret", OTHER_SECRET: "not for you" },
    watch: false,
    retryAfterSeconds: 0,
    log: (source, line) => lines.push(`${source} ${line}`),
  });
  const address = await listen(0);
  address.serve(aws.api);
  return {
    ...aws,
    url: `http://127.0.0.1:${address.port}`,
    lines,
    async close() {
      await address.close();
      await aws.close();
      rmSync(dataDir, { recursive: true });
    },
  };
}
