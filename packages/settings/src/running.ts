import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FILE = "running.json";

/** What a local system says of itself while it runs, so that `billing` works on the same keys, rows and queues. */
export interface Running {
  pid: number;
  /** The one address of everything. */
  url: string;
  siteUrl: string;
  stripe: {
    secretKey: string;
    webhookSecret: string;
    /** Nothing for Stripe itself. */
    apiBase?: string;
  };
  supabase: { url: string; publishableKey: string; secretKey: string };
  sqs: {
    endpoint: string;
    region: string;
    /** Each queue's address, by its name. */
    queues: Record<string, string>;
  };
}

/** Writes it into the data folder, for its owner only. The answer takes it away again. */
export function announceRunning(dataDir: string, running: Running): { close(): void } {
  const file = join(dataDir, FILE);
  writeFileSync(`${file}.new`, `${JSON.stringify(running, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return { close: () => rmSync(file, { force: true }) };
}

/** What the system on this data folder says of itself. One that was killed has left its word behind: see `isAlive`. */
export function findRunning(dataDir: string): Running | undefined {
  try {
    return JSON.parse(readFileSync(join(dataDir, FILE), "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Whether its process is still there. */
export function isAlive({ pid }: Pick<Running, "pid">): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"; // there, and another user's
  }
}
