import { setTimeout as sleep } from "node:timers/promises";
import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { OwnError } from "../errors/index.ts";
import { createPace, isRateLimit } from "../stripe/index.ts";
import { type Change, fetchedChange } from "./change.ts";
import type { Shown } from "./events.ts";
import { fetchProjections, getObject, type ObjectName } from "./fetch.ts";
import { type Projection, timestamp } from "./projection.ts";
import { assertSameAccount, type Outcome, type Sent, send } from "./send.ts";

/** How many objects a second one consumer fetches: with all consumers at work, most of Stripe's limit is left to the routes. */
export const FETCHES_A_SECOND = 15;
/** No fetch begins later than this, and each ends within seconds: well before the consumer's own time is over. */
const DEADLINE_MS = 20_000;
const REQUEST: Stripe.RequestOptions = { timeout: 5_000, maxNetworkRetries: 1 };
const pace = createPace(FETCHES_A_SECOND);

/** Stripe does not know an object that it never forgets. */
export class UnknownObjectError extends OwnError {
  override readonly name = "UnknownObjectError";
  static readonly CODE = "unknown_to_stripe";
  readonly code = UnknownObjectError.CODE;
}

/**
 * Settles what events alone cannot: what Stripe holds now is the truth. Fetches each object once, side by side. What cannot be
 * fetched in time comes again, and holds up nothing else.
 */
export async function settle(clients: Clients, events: Shown[]): Promise<Sent> {
  const deadline = performance.now() + DEADLINE_MS;
  const objects = Map.groupBy(events, ({ projection }) => `${projection.object} ${projection.object_id}`);
  const settled = await Promise.all(
    [...objects.values()].map(async (same): Promise<Sent> => {
      try {
        const changes = await refetch(clients.stripe, same, deadline);
        if (changes.length > 0) return await send(clients, changes);
        // To another account's key nothing of ours is known.
        await assertSameAccount(clients);
        return withoutUse(same);
      } catch (error) {
        const { name, code = name } = error as Error & { code?: string };
        return {
          outcomes: new Map(same.map(({ event }): [string, Outcome] => [event.id, "retry"])),
          reasons: new Map(same.map(({ event }) => [event.id, code])),
          errors: [error as Error],
          noticed: false,
        };
      }
    }),
  );
  return {
    outcomes: new Map(settled.flatMap(({ outcomes }) => [...outcomes])),
    reasons: new Map(settled.flatMap(({ reasons }) => [...reasons])),
    errors: settled.flatMap(({ errors }) => errors),
    noticed: settled.some(({ noticed }) => noticed),
  };
}

/** The changes that several events of one object come to, once Stripe was asked. */
async function refetch(stripe: Stripe, events: Shown[], deadline: number): Promise<Change[]> {
  const [first] = events;
  if (!first) return [];
  const { object, object_id: id } = first.projection;
  const newest = Math.max(...events.map(({ event }) => event.created));
  const fetched = await fetchAfter(newest, deadline, () => fetchProjections(stripe, object as ObjectName, id, REQUEST));
  if (!fetched) {
    const shown = events.filter((event) => !isAboutForgotten(event));
    // By Stripe's own word, of which nobody is asked once more.
    return shown.map((event) => fetchedChange(forgottenOf(event), timestamp(event.event.created), event));
  }

  const [itself, ...companions] = fetched.answer;
  // Only where an event cannot be understood without them: else what is written would depend on whether there was a tie.
  const needed = events.some(({ partial }) => partial) ? companions : [];
  // Of a tie one event stands already, under the time that it bears. Stripe answered after it, also when that time is yet to come.
  const tied = events.some(({ partial }) => !partial);
  const afterThem = new Date(Math.max(Date.parse(fetched.asOf), (newest + 1) * 1000)).toISOString();
  return [
    ...events.map((event) => fetchedChange(itself, tied ? afterThem : fetched.asOf, event)),
    ...needed.map((projection) => fetchedChange(projection, fetched.asOf)),
  ];
}

/** It only said which object to look at, and that is gone: its deletion has an event of its own, or a sweep sees it. */
function isAboutForgotten({ event, projection }: Shown): boolean {
  return "about" in event && getObject(projection.object as ObjectName).isForgotten !== undefined;
}

function withoutUse(events: Shown[]): Sent {
  const outcomes = new Map(events.map(({ event }): [string, Outcome] => [event.id, "ignored"]));
  return { outcomes, reasons: new Map(), errors: [], noticed: false };
}

/** Gone from Stripe: what the event shows is all there is. */
function forgottenOf({ projection: { object, object_id }, forgotten }: Shown): Projection {
  if (forgotten) return forgotten;
  throw new UnknownObjectError(
    `Stripe does not know the ${object} ${object_id}, and it never forgets one: STRIPE_SECRET_KEY is of another account or mode`,
  );
}

const NEXT_SECOND_MS = 1100;
const ATTEMPTS = 4;

/**
 * An answer of the very second may still miss an event of it: asks again once the second is over. An event that bears a time far
 * ahead of Stripe's own clock is not waited for: what Stripe holds now is the truth all the same.
 */
async function fetchAfter(
  second: number,
  deadline: number,
  fetch: () => ReturnType<typeof fetchProjections>,
): ReturnType<typeof fetchProjections> {
  for (let attempt = 1; ; attempt++) {
    const fetched = await fetchInTime(deadline, fetch);
    if (!fetched || Date.parse(fetched.asOf) / 1000 > second || attempt === ATTEMPTS) return fetched;
    await sleep(NEXT_SECOND_MS);
  }
}

/** Stripe's client gives up at a rate limit. What is fetched here is needed, and there is time. */
async function fetchInTime<Answer>(deadline: number, fetch: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await pace(() => {
        if (performance.now() > deadline) throw new OwnError("There was no time left to ask Stripe");
        return fetch();
      });
    } catch (error) {
      if (!isRateLimit(error)) throw error;
      await sleep(NEXT_SECOND_MS * (0.5 + Math.random()));
    }
  }
}
