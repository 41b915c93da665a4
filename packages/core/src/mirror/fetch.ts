import type Stripe from "stripe";
import { type Fetched, fetchAsOf, isMissing } from "../stripe/index.ts";
import type { MirroredObject } from "./declare.ts";
import { objects } from "./objects.ts";
import type { Projection } from "./projection.ts";

export type ObjectName = keyof typeof objects;
/** What Stripe answers of an object. */
export type SourceOf<Name extends ObjectName> =
  (typeof objects)[Name] extends MirroredObject<string, infer Source extends { id: string }> ? Source : never;

/** The declaration of an object. */
export function getObject<Name extends ObjectName>(name: Name): MirroredObject<string, SourceOf<Name>> {
  return objects[name] as unknown as MirroredObject<string, SourceOf<Name>>;
}

/** Of the objects that the mirror shows, the one that Stripe's API answers at this path: `/v1/customers/cus_1`. */
export function findObject(url: string): ObjectName | undefined {
  const path = url.replace(/\/[^/]*$/, "");
  return Object.values<MirroredObject>(objects).find((object) => object.path === path)?.object as
    | ObjectName
    | undefined;
}

/**
 * Reads one object from Stripe, as a row, with the rows of what it cannot be understood without. `undefined` when Stripe does not
 * know it.
 */
export async function fetchProjections(
  stripe: Stripe,
  name: ObjectName,
  id: string,
  options?: Stripe.RequestOptions,
): Promise<Fetched<[Projection, ...Projection[]]> | undefined> {
  const object = getObject(name);
  try {
    const { answer, asOf } = await fetchAsOf(() => object.retrieve(stripe, id, options));
    return { answer: projectAnswer(object, answer), asOf };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The rows that an answer of Stripe's shows: the object's own first. */
export function projectAnswer<Source>(
  object: MirroredObject<string, Source>,
  answer: Source,
): [Projection, ...Projection[]] {
  return [object.project(answer), ...(object.companions?.(answer) ?? [])];
}
