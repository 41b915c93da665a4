import type { Clients } from "../clients.ts";
import { fetchAsOf, getAccount, getAccountId } from "../stripe/index.ts";
import { dataOf } from "../supabase/index.ts";
import type { Catalog } from "./catalog.ts";

/** What was looked at, and how it is. */
export interface Finding {
  check: string;
  /** `unknown`: it could not be looked at, or only a person can. */
  state: "ok" | "wrong" | "warning" | "unknown";
  /** In one line. */
  says: string;
  /** One by one, where there are several. */
  details: string[];
  /** What comes of it, where all is not well. */
  why: string | null;
  /** A command, a statement or an address that mends it. */
  mend: string | null;
  /** Who did not answer what this asks, where another finding says why. */
  awaits?: "Stripe" | "Supabase";
}

/** How many messages a queue holds. */
export interface QueueDepth {
  visible: number;
  inFlight: number;
}

/** The system that is looked at, and what only its owner knows of it. */
export interface Subject extends Clients {
  /** Whether Stripe's key is a restricted one. */
  isKeyRestricted: boolean;
  /** Where Stripe is to send events; nothing where nothing has to be registered, as with the emulator of a local system. */
  webhookUrl?: string | undefined;
  /** The partner event source by which EventBridge brings them; nothing where it does not. */
  eventSource?: string | undefined;
  /** The project's files of migrations. */
  migrations: { version: string; name: string; sql: string }[];
  /** Nothing where there are none to ask; or why they could not be. */
  queues?: { events: QueueDepth; deadLetters: QueueDepth } | { failure: string } | undefined;
  /** Asks the site's API for its health; answers what was said, or why nothing was. */
  askSite?: (() => Promise<{ status: number; body: unknown } | { failure: string }>) | undefined;
  /** Says how a command of ours is written for this system: `npx billing replay --stage prod`. */
  command(line: string): string;
}

/** What the database says of how far everything is: `inspect_state` in the migrations. */
export interface State {
  now: string;
  migrations: { version: string; name: string; digest: string }[] | null;
  ledger: { last_recorded_at: string | null; last_created_at: string | null; api_versions: string[] };
  failed: { id: string; type: string; reason: string | null }[];
  reconciled_until: string | null;
  notices: { due_since: string | null; given_up: number };
  /** Numbers of seats that Stripe's quantities do not have yet: those that wait for their time, and those that could not follow. */
  seats: {
    waiting: number;
    due_since: string | null;
    refused: number;
    /** The first twenty. */
    reasons: { payer: string; wanted: number; problem: string }[];
  };
  unowned: number;
  for_sale: number;
}

/** The subject, with answers that several checks need: each is asked for once. */
export interface Examined extends Subject {
  account(): Promise<{ id: string; mirrored: { id: string; livemode: boolean; refused_events: number } | undefined }>;
  /** How far our clock is ahead of Stripe's, in seconds. */
  clockAhead(): Promise<number>;
  state(): Promise<State>;
  catalog(): Promise<Catalog>;
}

export function examined(subject: Subject): Examined {
  const { stripe, supabase } = subject;
  return {
    ...subject,
    account: once(async () => {
      const id = await getAccountId(stripe, { maxNetworkRetries: 1, timeout: 10_000 });
      const [mirrored] = dataOf(await supabase.rpc("get_stripe_account"));
      return { id, mirrored };
    }),
    clockAhead: once(async () => {
      const { asOf } = await fetchAsOf(() => getAccount(stripe));
      return (Date.now() - Date.parse(asOf)) / 1000;
    }),
    state: once(async () => dataOf(await supabase.rpc("inspect_state")) as unknown as State),
    catalog: once(async () => dataOf(await supabase.rpc("inspect_schema")) as unknown as Catalog),
  };
}

function once<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let answer: Promise<Answer> | undefined;
  return () => {
    answer ??= ask();
    return answer;
  };
}

/** A check: what it is called, and what it finds. */
export interface Check {
  name: string;
  look(subject: Examined): Promise<Found>;
}

/** A finding, as a check gives it. */
export type Found = { ok: string } | Trouble;

export interface Trouble {
  /** Default: `wrong`. */
  state?: "wrong" | "warning" | "unknown";
  says: string;
  details?: string[];
  why: string;
  mend: string;
  awaits?: Finding["awaits"];
}

/** `1 event`, `3 events`. */
export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** `42 s`, `4 min`, `3 h`, `2 d`. */
export function span(ms: number): string {
  if (ms < 120_000) return `${Math.max(0, Math.round(ms / 1000))} s`;
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} d`;
}
