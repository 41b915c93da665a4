import { setTimeout as sleep } from "node:timers/promises";
import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { getObject, type Page, type SourceOf, showPage } from "../mirror/index.ts";
import { type Fetched, fetchAsOf, isMissing, isRateLimit, listWhole, read } from "../stripe/index.ts";
import { DatabaseError } from "../supabase/index.ts";
import type { Limiter } from "./limiter.ts";
import type { Range, Step } from "./range.ts";

export interface Reader extends Clients {
  limiter: Limiter;
  /** Nothing is waited for any more. */
  isOver(): boolean;
}

type Name = Range["object"];
type Source = SourceOf<Name>;
type List = Stripe.ApiList<Source>;
type ReadOne = Page & { read: number };
type ReadStep = Step & Pick<Page, "changes">;

const PAGE_SIZE = 100;
const REQUEST: Stripe.RequestOptions = { timeout: 20_000, maxNetworkRetries: 1 };
/** How many customers are asked about in one step. What of it was read is read again when the reader is killed. */
export const CUSTOMERS_AT_ONCE = 10;
const FAILED_MS = 1100;
/** Of one object beside the list: then it is named, and the others go on. */
const ATTEMPTS = 3;

/**
 * Reads the next page of a range.
 * @throws what Stripe answers; a missing object is the one after which the page should begin
 */
export function readStep(reader: Reader, range: Range): Promise<ReadStep> {
  return range.customers ? readCustomers(reader, range, range.customers) : readCreated(reader, range);
}

async function readCreated(reader: Reader, range: Range): Promise<ReadStep> {
  const { listed } = getObject(range.object);
  const query = {
    limit: PAGE_SIZE,
    ...("query" in listed && listed.query),
    ...(range.created_from && { "created[gte]": Date.parse(range.created_from) / 1000 }),
    ...(range.created_to && { "created[lt]": Date.parse(range.created_to) / 1000 }),
    ...(range.after && { starting_after: range.after }),
  };
  const fetched = await ask(reader, listed.path, query);
  const { data, has_more } = fetched.answer;
  const last = data.at(-1) as { id: string; created?: number } | undefined;
  const page = await showWhole(reader, range.object, data, fetched.asOf);
  return {
    ...page,
    read: data.length,
    ids: data.map(({ id }) => id),
    after: last?.id ?? range.after,
    reached: last?.created === undefined ? range.reached : new Date(last.created * 1000).toISOString(),
    ended: !has_more || !last,
  };
}

/** Asks for what Stripe lists for one customer at a time. */
async function readCustomers(reader: Reader, range: Range, customers: string[]): Promise<ReadStep> {
  const first = range.after === null ? 0 : customers.indexOf(range.after) + 1;
  const next = customers.slice(first, first + CUSTOMERS_AT_ONCE);
  const pages = await Promise.all(next.map((customer) => readCustomer(reader, range.object, customer)));
  return {
    changes: pages.flatMap(({ changes }) => changes),
    failures: pages.flatMap(({ failures }) => failures),
    read: pages.reduce((sum, { read }) => sum + read, 0),
    ids: [],
    after: next.at(-1) ?? range.after,
    reached: null,
    ended: first + next.length >= customers.length,
  };
}

async function readCustomer(reader: Reader, name: Name, customer: string): Promise<ReadOne> {
  const { listed } = getObject(name);
  const query = { customer, limit: PAGE_SIZE };
  return orNamed(reader, customer, async () => {
    const { answer, asOf } = await ask(reader, listed.path, query);
    if (listed.by === "customer" && listed.show) {
      const sources = listed.show(customer, answer as never) as Source[];
      return { ...(await showWhole(reader, name, sources, asOf)), read: sources.length };
    }
    const readPage = async (page: object) => (await ask(reader, listed.path, { ...query, ...page })).answer;
    const { data } = await listWhole(answer, readPage);
    return { ...(await showWhole(reader, name, data, asOf)), read: data.length };
  });
}

/** What is shown in part is read anew. */
async function showWhole(reader: Reader, name: Name, sources: Source[], asOf: string): Promise<Page> {
  const cut = sources.filter((source) => isCut(name, source));
  const { changes, failures } = showPage(
    name,
    sources.filter((source) => !cut.includes(source)),
    asOf,
  );
  const anew = await Promise.all(cut.map((source) => readAnew(reader, name, (source as { id: string }).id)));
  return {
    changes: [...changes, ...anew.flatMap((page) => page.changes)],
    failures: [...failures, ...anew.flatMap((page) => page.failures)],
  };
}

function isCut(name: Name, source: Source): boolean {
  try {
    return getObject(name).isCut?.(source) ?? false;
  } catch {
    return false; // It cannot be read: it is named when it is shown.
  }
}

function readAnew(reader: Reader, name: Name, id: string): Promise<Page> {
  return orNamed(reader, id, async () => ({ ...(await readOne(reader, name, id)), read: 1 }));
}

/** Reads one object as it is now. @throws what Stripe answers */
export async function readOne({ stripe, limiter }: Reader, name: Name, id: string): Promise<Page> {
  const paced = limiter.paced(stripe);
  const { answer, asOf } = await fetchAsOf(() => getObject(name).retrieve(paced, id, REQUEST));
  return showPage(name, [answer as Source], asOf);
}

/** Reads what one object or customer shows. Stripe may have forgotten it since; and where it fails again and again, it is named. */
async function orNamed(reader: Reader, id: string, readIt: () => Promise<ReadOne>): Promise<ReadOne> {
  try {
    return await patiently(reader, readIt);
  } catch (error) {
    if (isMissing(error)) return { changes: [], failures: [], read: 0 };
    if (reader.isOver() || statusOf(error) < 500) throw error;
    return { changes: [], failures: [{ id, reason: `Stripe fails to show it: ${statusOf(error)}` }], read: 0 };
  }
}

/** Asks again for what Stripe was asked too fast, in the limiter's time; and a few times for what it fails to answer. */
export async function patiently<Answer>({ isOver }: Reader, request: () => Promise<Answer>): Promise<Answer> {
  for (let failed = 0; ; ) {
    try {
      return await request();
    } catch (error) {
      if (isOver()) throw error;
      if (isRateLimit(error)) continue;
      if (statusOf(error) < 500 || ++failed === ATTEMPTS) throw error;
      await sleep(FAILED_MS);
    }
  }
}

/** Whether Stripe answers so of what it is asked for, and not because of who asks, or how fast. */
export function isAboutAsked(error: unknown): boolean {
  return !(error instanceof DatabaseError || isRateLimit(error) || [0, 401].includes(statusOf(error)));
}

const statusOf = (error: unknown) => (error as { statusCode?: number }).statusCode ?? 0;

/** Reads a page in its turn. What Stripe refuses because it was asked too often is asked again, in the limiter's time. */
async function ask({ stripe, limiter, isOver }: Reader, path: string, query: object): Promise<Fetched<List>> {
  for (;;) {
    try {
      return await limiter.ask(path, () => fetchAsOf(() => read<List>(stripe, path, query, REQUEST)));
    } catch (error) {
      if (isOver() || !isRateLimit(error)) throw error;
    }
  }
}
