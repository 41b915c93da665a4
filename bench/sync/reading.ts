import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startTestSupabase, type TestSupabase } from "@turnpike/local/testing";
import { type Account, type Limits, SECRET_KEY } from "./account.ts";
import { type Calls, callsOf } from "./calls.ts";
import { assertEqual } from "./equal.ts";

export interface Reading {
  seconds: number;
  calls: Calls;
  /** How often the process was killed. */
  kills: number;
  /** The most that the reader's process held, in MB. */
  megabytes: number;
}

const PROGRAM = fileURLToPath(new URL("./read.ts", import.meta.url));
const POLL_MS = 100;

/**
 * Turnpike reads the account into an empty database, and is killed so many times on the way, each time when another part of the
 * calls was made that the reading needs (`callsNeeded`). It counts only if the mirror then equals the account.
 */
export async function read(
  account: Account,
  databaseUrl: string,
  options: { limits: Limits; latencyMs: number; kills: number; callsNeeded: number },
): Promise<Reading> {
  const { limits, latencyMs, kills, callsNeeded } = options;
  const supabase = await startTestSupabase({ databaseUrl });
  try {
    await account.limit(limits, latencyMs);
    let began: number | undefined;
    const start = async () => {
      const reader = startReader(account, supabase, limits);
      await once(reader, "message");
      began ??= performance.now();
      return reader;
    };
    for (let kill = 1; kill <= kills; kill++) {
      const reader = await start();
      while (callsOf(await account.counts()).served < (callsNeeded * kill) / (kills + 1)) {
        if (reader.exitCode !== null) throw new Error(`The reading was over before it was killed ${kill} times.`);
        await sleep(POLL_MS);
      }
      reader.kill("SIGKILL");
      await once(reader, "exit");
      // Else the next reader would wait for half a minute, in case this one still lives.
      await supabase.query("update billing.sync_runs set leased_until = now() where finished_at is null");
    }
    const last = await start();
    const exit = once(last, "exit");
    const [said] = await Promise.race([once(last, "message"), exit]);
    const seconds = (performance.now() - Number(began)) / 1000;
    if ((await exit)[0] !== 0) throw new Error("The account was not read to its end, see above.");
    const calls = callsOf(await account.counts());
    await account.lift();
    await assertEqual(account, supabase);
    return { seconds, calls, kills, megabytes: (said as { megabytes: number }).megabytes };
  } finally {
    await supabase.close();
  }
}

function startReader({ url }: Account, supabase: TestSupabase, { endpoint, account }: Limits) {
  const words = [PROGRAM, url, SECRET_KEY, supabase.url, supabase.secretKey, String(endpoint), String(account)];
  return spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...words], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}
