import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { fetchAsOf, isReplayed } from "../stripe/index.ts";
import { applyFetched } from "./apply.ts";
import { fetchedChange } from "./change.ts";
import { getObject, type ObjectName, projectAnswer, type SourceOf } from "./fetch.ts";
import { send } from "./send.ts";

/**
 * Asks Stripe about an object, or to do something with it, and notes in the mirror what it answered: so that what follows reads
 * it there, before its events have come.
 *
 * An answer that Stripe replays for an idempotency key shows the object as it was when the key was first used, up to a day ago:
 * the object is read anew, as is one that the answer shows in part. https://docs.stripe.com/api/idempotent_requests
 * @returns what Stripe holds now
 */
export async function note<Name extends ObjectName>(
  clients: Clients,
  name: Name,
  request: () => Promise<Stripe.Response<SourceOf<Name>>>,
): Promise<SourceOf<Name>> {
  const { answer, projections, asOf } = await askWhole(clients, name, request);
  await applyFetched(clients, { answer: projections, asOf });
  return answer;
}

/**
 * The same of what somebody wished: once Stripe has done it, it is done, also where Postgres refuses the row. Its event fails for the same
 * reason, and is told of.
 */
export async function noteDone<Name extends ObjectName>(
  clients: Clients,
  name: Name,
  request: () => Promise<Stripe.Response<SourceOf<Name>>>,
): Promise<SourceOf<Name>> {
  const { answer, projections, asOf } = await askWhole(clients, name, request);
  await send(
    clients,
    projections.map((projection) => fetchedChange(projection, asOf)),
  );
  return answer;
}

async function askWhole<Name extends ObjectName>(
  clients: Clients,
  name: Name,
  request: () => Promise<Stripe.Response<SourceOf<Name>>>,
) {
  const object = getObject(name);
  let { answer, asOf } = await fetchAsOf(request);
  if (isReplayed(answer) || object.isCut?.(answer)) {
    const { id } = answer;
    ({ answer, asOf } = await fetchAsOf(() => object.retrieve(clients.stripe, id)));
  }
  return { answer, projections: projectAnswer(object, answer), asOf };
}

/** Reads an object from Stripe as it is now, and notes it. */
export function noteAnew<Name extends ObjectName>(clients: Clients, name: Name, id: string): Promise<SourceOf<Name>> {
  return note(clients, name, () => getObject(name).retrieve(clients.stripe, id));
}

/** The same of what was wished and is done: see `noteDone`. */
export function noteDoneAnew<Name extends ObjectName>(
  clients: Clients,
  name: Name,
  id: string,
): Promise<SourceOf<Name>> {
  return noteDone(clients, name, () => getObject(name).retrieve(clients.stripe, id));
}

/** Notes a page of a list, as `note` does one object: what it shows in part is read anew. Lists are never replayed. */
export async function noteList<Name extends ObjectName>(
  clients: Clients,
  name: Name,
  request: () => Promise<Stripe.Response<Stripe.ApiList<SourceOf<Name>>>>,
): Promise<Stripe.ApiList<SourceOf<Name>>> {
  const object = getObject(name);
  const { answer, asOf } = await fetchAsOf(request);
  const whole = answer.data.filter((each) => !object.isCut?.(each));
  await applyFetched(clients, { answer: whole.flatMap((each) => projectAnswer(object, each)), asOf });
  const data = await Promise.all(
    answer.data.map((each) =>
      object.isCut?.(each) ? note(clients, name, () => object.retrieve(clients.stripe, each.id)) : each,
    ),
  );
  return { ...answer, data };
}
