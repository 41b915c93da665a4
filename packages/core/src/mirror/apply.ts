import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import type { Fetched } from "../stripe/index.ts";
import { type Change, changeOf, failureOf, fetchedChange, refusalOf } from "./change.ts";
import { readEvent, type Shown } from "./events.ts";
import type { Projection } from "./projection.ts";
import { getMirroredAccount, type Outcome, send } from "./send.ts";
import { settle } from "./settle.ts";

export interface Applied {
  /** What became of each event, by its id. Only `retry` is not in the ledger; `ignored` has no place there. */
  outcomes: Map<string, Outcome>;
  /** Why an event is not applied, by its id: for the log. It quotes nothing of what the event holds. */
  reasons: Map<string, string>;
  /** Of how many events only Stripe knew which came last: their objects were fetched. */
  ambiguous: number;
  /** Why events are `retry`, or a row that was fetched along with another could not be written. */
  errors: unknown[];
  /** Something waits in the outbox. */
  noticed: boolean;
}

/**
 * Applies events to the mirror, in any order and any number of times, and says what became of each.
 * One that cannot be applied is `failed` or, being of another mode or account than our key, `refused` (the ledger keeps the reason); where
 * trying again may help it is `retry`. None holds up the others.
 * @param events each id at most once, and each of the form that `assertEvent` checks
 * @throws when the database cannot be reached, or Stripe's key is of another account: nothing is known to be applied
 */
export async function applyEvents(clients: Clients, events: Stripe.Event[]): Promise<Applied> {
  const outcomes = new Map<string, Outcome>();
  const shown: Shown[] = [];
  const changes: Change[] = [];
  const ours = events.some(({ context }) => context) ? await getMirroredAccount(clients) : "";
  for (const event of events) {
    try {
      const read = readEvent(event);
      if (!read) outcomes.set(event.id, "ignored");
      else if (isOfOtherMode(event, clients)) changes.push(refusalOf(event));
      else if (event.context && accountIn(event.context) !== ours) changes.push(refusalOf(event, "another account"));
      else shown.push(read);
    } catch (error) {
      changes.push(failureOf(event, (error as Error).message));
    }
  }

  const whole = shown.filter(({ partial }) => !partial);
  const sent = await send(clients, [...changes, ...whole.map(changeOf)]);
  const ambiguous = whole.filter(({ event }) => sent.outcomes.get(event.id) === "ambiguous");
  const settled = await settle(clients, [...shown.filter(({ partial }) => partial), ...ambiguous]);
  for (const [id, outcome] of [...sent.outcomes, ...settled.outcomes]) outcomes.set(id, outcome);
  return {
    outcomes,
    reasons: new Map([...sent.reasons, ...settled.reasons]),
    ambiguous: ambiguous.length,
    errors: [...sent.errors, ...settled.errors],
    noticed: sent.noticed || settled.noticed,
  };
}

/**
 * Writes what was read from Stripe's API, by the same guard as events: it lands only where the mirror shows an older truth.
 * @throws when a row is refused, or the database cannot be reached
 */
export async function applyFetched(clients: Clients, { answer, asOf }: Fetched<Projection[]>): Promise<void> {
  const { errors } = await send(
    clients,
    answer.map((projection) => fetchedChange(projection, asOf)),
  );
  if (errors.length > 0) throw errors[0];
}

/** Notes in the ledger that events will never be applied, and why. */
export async function recordFailures(
  clients: Clients,
  failed: { event: Stripe.Event; reason: string }[],
): Promise<void> {
  await send(
    clients,
    failed.map(({ event, reason }) => failureOf(event, reason)),
  );
}

/**
 * The account that made an event: its context is that account, below the organisation or the platform that it belongs to.
 * https://docs.stripe.com/changelog/basil/2025-04-30/additional-context-organization-events
 */
const accountIn = (context: string) => context.slice(context.lastIndexOf("/") + 1);

/** Real money and play money are two worlds; an event of the other one means that endpoint and key do not belong together. */
function isOfOtherMode({ livemode }: Stripe.Event, { stripe }: Clients): boolean {
  return typeof livemode === "boolean" && livemode !== stripe.livemode;
}
