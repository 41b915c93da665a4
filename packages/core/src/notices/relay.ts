import { OwnError } from "../errors/index.ts";
import { createPace } from "../stripe/index.ts";
import { dataOf, type ServiceClient } from "../supabase/index.ts";
import type { Context } from "./context.ts";
import { kindOf } from "./kinds.ts";

/** A mail to the operator: all that one run has to tell of one kind. */
export interface Mail {
  subject: string;
  lines: string[];
}

export interface Relay extends Context {
  /** Sends the operator a mail. @throws when it cannot */
  tell(mail: Mail): Promise<void>;
}

export interface Notice {
  id: number;
  kind: string;
  object_id: string;
  attempts: number;
}

/** What became of a notice. */
export interface Relayed {
  notice: Notice;
  /** Why it comes again. */
  error?: unknown;
  /** What the operator was told. */
  told?: string;
}

const BATCH = 25;
/** No batch is begun later than this; with what a handler may take, it is well before the function's own time is over. */
const BEGIN_UNTIL_MS = 20_000;
const HANDLER_MS = 20_000;
/** Of notices that ask Stripe, so many a second, a few requests each: most of Stripe's limit is left to customers. */
const pace = createPace(5);
const MOST_LINES = 50;

/**
 * Handles what is due in the outbox. One that fails comes again, later and later, and holds up nothing beside it.
 * Runs side by side with itself: a notice is taken by one at a time.
 * @throws when the database cannot be reached: what was taken is due again in minutes
 */
export async function relayNotices(relay: Relay): Promise<Relayed[]> {
  const began = performance.now();
  const relayed: Relayed[] = [];
  for (;;) {
    const notices: Notice[] = dataOf(await relay.supabase.rpc("take_notices", { most: BATCH }));
    relayed.push(...(await Promise.all(notices.map((notice) => handle(relay, notice)))));
    if (notices.length === 0 || performance.now() - began > BEGIN_UNTIL_MS) break;
  }
  const settled = await tellAll(relay, relayed);
  await settle(relay.supabase, settled);
  return settled;
}

/** Gives up what failed for a day, and answers how many wait for a person. */
export async function giveUpNotices(supabase: ServiceClient): Promise<number> {
  return dataOf(await supabase.rpc("give_up_notices"));
}

async function handle(relay: Relay, notice: Notice): Promise<Relayed> {
  const kind = kindOf(notice.kind);
  const work = () => inTime(kind.handle(relay, notice.object_id));
  try {
    const told = await (kind.asksStripe ? pace(work) : work());
    return { notice, ...(told !== undefined && { told }) };
  } catch (error) {
    return { notice, error };
  }
}

/** One that hangs must not take the others' time. */
async function inTime<Answer>(work: Promise<Answer>): Promise<Answer> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new OwnError("It took too long")), HANDLER_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** One mail per kind, however many there are. What could not be told is not done. */
async function tellAll(relay: Relay, relayed: Relayed[]): Promise<Relayed[]> {
  const byKind = Map.groupBy(relayed, ({ notice, told }) => (told === undefined ? undefined : notice.kind));
  const settled = await Promise.all(
    [...byKind].map(async ([kind, same]) => {
      if (kind === undefined) return same;
      const lines = same.slice(0, MOST_LINES).flatMap(({ told }) => told ?? []);
      const more = same.length > MOST_LINES ? [`… and ${same.length - MOST_LINES} more: see billing.outbox`] : [];
      try {
        await relay.tell({ subject: kindOf(kind).subject, lines: [...lines, ...more] });
        return same;
      } catch (error) {
        return same.map(({ notice }): Relayed => ({ notice, error }));
      }
    }),
  );
  return settled.flat();
}

async function settle(supabase: ServiceClient, settled: Relayed[]): Promise<void> {
  if (settled.length === 0) return;
  const ids = settled.map(({ notice }) => notice.id);
  dataOf(await supabase.rpc("settle_notices", { ids, errors: settled.map(codeOf) }));
}

/** Why, without what the error's message may quote. */
function codeOf(relayed: Relayed): string {
  if (!("error" in relayed)) return "";
  const { code, type, name } = (relayed.error ?? {}) as Record<string, unknown>;
  return String(code || type || name || "unknown");
}
