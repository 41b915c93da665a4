import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createStripe, type StripeClient } from "@turnpike/core/stripe";

/** What came to an endpoint of the account in one second. */
interface Count {
  endpoint: string;
  second: number;
  served: number;
  limited: number;
}

export interface Limits {
  endpoint: number;
  account: number;
}

export interface Account {
  url: string;
  stripe: StripeClient;
  /** How many objects there are of each kind. */
  objects: Record<string, number>;
  /** From here on it answers as late as Stripe, refuses what comes too fast, and counts anew. */
  limit(limits: Limits, latencyMs: number): Promise<void>;
  /** From here on it answers at once, whatever comes. */
  lift(): Promise<void>;
  counts(): Promise<Count[]>;
  /** What only an emulator can do: see its README. */
  control(path: string, body: object): Promise<unknown>;
  close(): void;
}

export const SECRET_KEY = "sk_test_benchmark";
const FOREVER = 1_000_000_000;

/** An account with a past: customers with a card, a subscription and a year of paid invoices. */
export async function plantAccount(objects: number): Promise<Account> {
  const child = fork(fileURLToPath(new URL("./account-process.ts", import.meta.url)), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const [url] = (await once(child, "message")) as [string];
  const ask = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${url}/_emulator/${path}`, {
      method,
      headers: { authorization: `Bearer ${SECRET_KEY}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`The emulator answers ${answer.status} to ${path}.`);
    return answer.json();
  };
  const lift = async () => {
    await ask("DELETE", "limits");
    await ask("DELETE", "faults");
  };
  const { instruments: _behindCards, ...planted } = (await ask("POST", "plant", { objects })) as Record<string, number>;
  return {
    url,
    stripe: createStripe({ secretKey: SECRET_KEY, apiBase: url }),
    objects: planted,
    lift,
    async limit(limits, latencyMs) {
      await lift();
      await ask("POST", "limits", limits);
      if (latencyMs > 0) await ask("POST", "faults", { kind: "slow", ms: latencyMs, times: FOREVER, match: "/v1/" });
    },
    control: (path, body) => ask("POST", path, body),
    counts: async () => ((await ask("GET", "limits")) as { counts: Count[] }).counts,
    close: () => child.disconnect(),
  };
}
