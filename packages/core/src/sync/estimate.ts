import type Stripe from "stripe";
import { getObject, type ObjectName, objects } from "../mirror/index.ts";
import { createPace, getAccount, isForbidden, read, type StripeClient } from "../stripe/index.ts";
import type { Limits } from "./limiter.ts";

/** What a reading would take. */
export interface Estimate {
  kinds: { object: string; objects: number; isExact: boolean; requests: number; unread?: "forbidden" }[];
  requests: number;
  seconds: number;
}

const PAGE_SIZE = 100;
const REQUESTS_A_SECOND = 15;
/** Of how many moments of an account's life it is asked how much was going on. */
const SAMPLES = 4;

/**
 * Says what a reading would read and how long it would take. Stripe counts nothing, so of a kind with more than a page it is guessed
 * from how close together the objects are, at a few moments of the account's life.
 * @param only of which kinds; all, when it is not said
 */
export async function estimateReading(stripe: StripeClient, limits: Limits, only?: ObjectName[]): Promise<Estimate> {
  const pace = createPace(REQUESTS_A_SECOND);
  const { created = 0 } = await getAccount(stripe);
  const page = (path: string, query: object) => pace(() => read<List>(stripe, path, { ...query, limit: PAGE_SIZE }));
  const names = Object.keys(objects) as ObjectName[];
  const counted = await Promise.all(
    names
      .filter((name) => getObject(name).listed.by === "created")
      .map(async (object) => ({ object, ...(await countKind(object, page, created)) })),
  );
  const customers = counted.find(({ object }) => object === "customer")?.objects ?? 0;
  const perCustomer = await Promise.all(
    names.map(async (object) => {
      const { listed } = getObject(object);
      if (listed.by !== "customer") return [];
      const isUsed = (await listed.isUsed?.(stripe)) ?? true;
      const objects = isUsed ? customers : 0;
      return [{ object, objects, isExact: !isUsed, requests: objects }];
    }),
  );
  const kinds = [
    ...counted.map((kind) => ({ ...kind, requests: Math.max(1, Math.ceil(kind.objects / PAGE_SIZE)) })),
    ...perCustomer.flat(),
  ].filter(({ object }) => only?.includes(object) ?? true);
  const requests = kinds.reduce((sum, kind) => sum + kind.requests, 0);
  const longest = Math.max(...kinds.map((kind) => kind.requests / limits.perEndpoint));
  return { kinds, requests, seconds: Math.ceil(Math.max(longest, requests / limits.perSecond)) };
}

type List = Stripe.ApiList<{ created?: number }>;

async function countKind(name: ObjectName, page: (path: string, query: object) => Promise<List>, born: number) {
  const { listed } = getObject(name);
  const query = "query" in listed ? { ...listed.query } : {};
  const newest = await page(listed.path, query).catch((error: unknown) => {
    if (!isForbidden(error)) throw error;
  });
  if (!newest) return { objects: 0, isExact: true, unread: "forbidden" as const };
  if (!newest.has_more) return { objects: newest.data.length, isExact: true };

  const now = Date.now() / 1000;
  const part = (now - born) / SAMPLES;
  const rates = await Promise.all(
    Array.from({ length: SAMPLES }, async (_, place) => {
      const before = Math.floor(now - place * part);
      const sample = place === 0 ? newest : await page(listed.path, { ...query, "created[lt]": before });
      const oldest = sample.has_more ? (sample.data.at(-1)?.created ?? born) : born;
      return sample.data.length / Math.max(1, before - oldest);
    }),
  );
  const objects = rates.reduce((sum, rate) => sum + rate * part, 0);
  return { objects: Math.max(PAGE_SIZE + 1, Math.round(objects)), isExact: false };
}
