import { expect } from "vitest";
import type { Count, Limits } from "../api/limiter.ts";
import type { Fault, Held } from "../events/faults.ts";
import type { Planted, Planting } from "../planting.ts";
import type { DashboardSettings } from "../state/rows.ts";

const headers = { authorization: "Bearer sk_test_control", "content-type": "application/json" };

/** What only an emulator can do, over HTTP: it may stand anywhere. */
export function controlsOf({ origin }: { origin: string }) {
  const ask = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const answer = await fetch(`${origin}/_emulator/${path}`, init);
    expect(answer.status).toBe(200);
    return (await answer.json()) as T;
  };
  const held = async () => (await ask<{ data: Held[] }>("GET", "held")).data;
  return {
    /** Sets what an account's owner sets in Stripe's dashboard; the rest stays. */
    setDashboard: (change: Partial<Omit<DashboardSettings, "id">>) => ask("POST", "dashboard", change),
    fault: (kind: Fault["kind"], options: Partial<Omit<Fault, "kind">> = {}) =>
      ask("POST", "faults", { kind, ...options }),
    clearFaults: () => ask("DELETE", "faults"),
    /** The requests that `hold` and `hold_answer` hold up, once there are so many; the first to come first. */
    async untilHeld(count: number): Promise<Held[]> {
      await expect.poll(async () => (await held()).length, { interval: 5, timeout: 5000 }).toBe(count);
      return held();
    },
    /**
     * Refuses with 429 what comes faster (requests a second) to one endpoint, or to all of them; without a limit it only counts.
     */
    limit: (limits: Partial<Limits> = {}) => ask("POST", "limits", limits),
    /** What came since then to each endpoint in each second. */
    counts: async () => (await ask<{ counts: Count[] }>("GET", "limits")).counts,
    liftLimits: () => ask("DELETE", "limits"),
    /**
     * Makes an account with a past at once: at least so many objects, made over `days` (730): customers with a card, a subscription and its
     * `invoices` (12) and their payments. It has no events, and nothing becomes of it by itself.
     */
    plant: (planting: Pick<Planting, "objects"> & Partial<Planting>) => ask<Planted>("POST", "plant", planting),
    /**
     * Makes what there is older by so many days, as if it had been made then: after 31 no event is listed or retrieved any more. Without
     * `objects` only the events are, as after an outage.
     */
    age: (days: number, options: { objects?: boolean } = {}) =>
      ask("POST", "age", { seconds: days * 86_400, ...options }),
    /** While it is held up, the search knows nothing of what changes, as Stripe's may not for a minute. */
    holdSearch: (isHeld: boolean) => ask("POST", "search", { held: isHeld }),
    /** While they are held up, bank debits stay under way; let go, they settle. */
    holdDebits: (isHeld: boolean) => ask("POST", "debits", { held: isHeld }),
    /** Lets a held request go on, or all. */
    release: (request?: Held) => ask("POST", request === undefined ? "held/release" : `held/${request.id}/release`, {}),
  };
}
