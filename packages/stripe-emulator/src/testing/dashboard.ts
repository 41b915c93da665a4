import { expect } from "vitest";
import type { DashboardSettings } from "../state/rows.ts";
import type { Bench } from "./bench.ts";

const headers = { authorization: "Bearer sk_test_control", "content-type": "application/json" };

/** Sets what an account's owner sets in Stripe's dashboard. */
export async function setDashboard(
  { origin }: Pick<Bench, "origin">,
  change: Partial<Omit<DashboardSettings, "id">>,
): Promise<void> {
  const answer = await fetch(`${origin}/_emulator/dashboard`, {
    method: "POST",
    headers,
    body: JSON.stringify(change),
  });
  expect(answer.status).toBe(200);
}
