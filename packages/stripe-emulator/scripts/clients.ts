import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What clients of Stripe were seen to do: the test of the clients writes it. */
export const CLIENTS = fileURLToPath(new URL("clients.json", import.meta.url));

export interface ClientRun {
  client: string;
  version: string;
  what: string;
}

export const readClientRuns = (): ClientRun[] => JSON.parse(readFileSync(CLIENTS, "utf8"));
