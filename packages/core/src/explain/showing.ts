import type Stripe from "stripe";
import { getObject, type ObjectName, type Projection, projectAnswer, type SourceOf } from "../mirror/index.ts";
import { createPace, fetchAsOf, isForbidden, isMissing, read } from "../stripe/index.ts";

/** Requests a second: most of Stripe's limit is left to customers. */
const REQUESTS_A_SECOND = 15;
const PAGE_SIZE = 100;

/** What a list brings along beside what it shows of itself: an invoice's payments are rows of their own. */
const BESIDE: Partial<Record<ObjectName, object>> = { invoice: { expand: ["data.payments"] } };

/** What Stripe shows, gathered object by object. */
export class Showing {
  /** As of when Stripe showed them: the moment of the first answer. */
  asOf: string | undefined;
  readonly #projections = new Map<string, Projection>();
  /** Why an object cannot be read as a row, by its id. */
  readonly unreadable = new Map<string, string>();
  /** Kinds of which only the newest were looked at, each with how old the oldest of those is. */
  readonly cut = new Map<ObjectName, string>();
  /** Kinds that the key may not read. */
  readonly forbidden = new Set<ObjectName>();
  readonly #stripe: Stripe;
  readonly #pace = createPace(REQUESTS_A_SECOND);

  constructor(stripe: Stripe) {
    this.#stripe = stripe;
  }

  get projections(): Projection[] {
    return [...this.#projections.values()];
  }

  /** What was shown is nothing that a row can hold. */
  forget({ object, object_id }: Projection, reason: string): void {
    this.#projections.delete(`${object} ${object_id}`);
    this.unreadable.set(object_id, `${object}: ${reason}`);
  }

  /** The ids of what has been shown of these kinds. */
  idsOf(...names: ObjectName[]): string[] {
    return this.projections.filter(({ object }) => (names as string[]).includes(object)).map((each) => each.object_id);
  }

  /** Shows one object; `undefined` when Stripe does not know it. */
  async one<Name extends ObjectName>(name: Name, id: string): Promise<SourceOf<Name> | undefined> {
    const object = getObject(name);
    try {
      const { answer, asOf } = await this.#pace(() => fetchAsOf(() => object.retrieve(this.#stripe, id)));
      this.asOf ??= asOf;
      this.#add(name, answer);
      return answer;
    } catch (error) {
      if (isMissing(error) || this.#isForbidden(name, error)) return undefined;
      throw error;
    }
  }

  /** Shows what belongs to something: the newest hundred. */
  async list<Name extends ObjectName>(name: Name, filter: Record<string, string>): Promise<SourceOf<Name>[]> {
    const { listed } = getObject(name);
    const query = { ...("query" in listed && listed.query), ...BESIDE[name], ...filter, limit: PAGE_SIZE };
    try {
      const { data, has_more } = await this.#pace(() =>
        read<Stripe.ApiList<SourceOf<Name>>>(this.#stripe, listed.path, query),
      );
      for (const each of data) {
        if (getObject(name).isCut?.(each)) await this.one(name, (each as { id: string }).id);
        else this.#add(name, each);
      }
      const { created } = (data.at(-1) ?? {}) as { created?: number };
      if (has_more && created) this.cut.set(name, new Date(created * 1000).toISOString());
      return data;
    } catch (error) {
      if (isMissing(error)) return []; // what they belong to is gone
      if (this.#isForbidden(name, error)) return [];
      throw error;
    }
  }

  /** Of what is asked for first there is nothing to show without it. */
  #isForbidden(name: ObjectName, error: unknown): boolean {
    const isBeside = isForbidden(error) && this.asOf !== undefined;
    if (isBeside) this.forbidden.add(name);
    return isBeside;
  }

  #add<Name extends ObjectName>(name: Name, source: SourceOf<Name>): void {
    try {
      for (const projection of projectAnswer(getObject(name), source)) {
        const key = `${projection.object} ${projection.object_id}`;
        // What another answer brings along is shown there in part.
        if (projection.object === name || !this.#projections.has(key)) this.#projections.set(key, projection);
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.unreadable.set((source as { id: string }).id, `${name}: ${error.message}`);
    }
  }
}
