import type Stripe from "stripe";
import { read } from "../stripe/index.ts";
import type { Database } from "../supabase/index.ts";
import type { NoticeKind, Owner, Projection } from "./projection.ts";

type Tables = Database["public"]["Tables"] & Database["billing"]["Tables"];
type GuardColumn = "as_of" | "rank" | "deleted" | "fetched";
type DecidedByPostgres = {
  customers: "user_id" | "organization_id" | "owned_by" | "named_user_id";
  user_subscriptions: "ends_at" | "is_live" | "grants_access";
  checkout_sessions: "outcome" | "user_id" | "organization_id";
};

/** The columns of a mirrored table that Stripe decides. */
export type Row<Table extends keyof Tables> = Omit<
  Tables[Table]["Row"],
  "id" | GuardColumn | (Table extends keyof DecidedByPostgres ? DecidedByPostgres[Table] : never)
>;

type EventObject<Type extends Stripe.Event.Type> = Extract<Stripe.Event, { type: Type }>["data"]["object"];

/** What an event of the object means beyond "this is how it looks now". */
interface Meaning<Shown> {
  /** What must be told or done; where that depends on what the event says, whether. */
  notify?: NoticeKind | ((event: Stripe.Event) => NoticeKind | undefined);
  /** The event shows only a part of what is to be known: the object is fetched before anything is written. */
  partial?: true;
  /** The object is gone. The event shows it as it was last. */
  deleted?: true;
  /** How the object looks, where the event shows something else than Stripe's API answers, or says more than it shows. */
  as?: (shown: Shown) => unknown;
}

type Events<Source> = {
  [Type in Stripe.Event.Type]?: Meaning<EventObject<Type>> &
    // What is not the object itself must say how the object looks.
    ([EventObject<Type>] extends [Source]
      ? { as?: (shown: EventObject<Type>) => Source }
      : { as: (shown: EventObject<Type>) => Source });
};

type Retrieve<Source> = (
  stripe: Stripe,
  id: string,
  options?: Stripe.RequestOptions,
) => Promise<Stripe.Response<Source>>;
type ReadPage = <Item>(path: string, query: object) => Promise<Stripe.ApiList<Item>>;

/**
 * How Stripe lists it: in one list for the account, which takes `created`, or in one for each customer. Without a path, where it is
 * answered under its id. https://docs.stripe.com/api
 */
export type Listed<Source> =
  | { by: "created"; query?: object }
  | {
      by: "customer";
      path?: string;
      /** What a customer's list shows, where that is not one object for each item. */
      show?(customerId: string, list: Stripe.ApiList<never>): Source[];
      /** Whether the account has any. Asking each customer costs a request for each. */
      isUsed?(stripe: Stripe): Promise<boolean>;
    };

/** All that core knows of one mirrored object; everything else derives from the list of them in `objects.ts`. */
export interface Declaration<Name extends string, Table extends keyof Tables, Source> {
  /** What it is registered as: `select billing.mirror(object, table)` in the migrations. */
  object: Name;
  table: Table;
  /**
   * The keys of the row are in the order in which Postgres keeps those of `jsonb`, the short ones first, then by their bytes. What comes
   * in that order it need not sort, which is a twentieth of what a batch costs. https://www.postgresql.org/docs/current/datatype-json.html
   * @throws when the object cannot be read
   */
  project(
    source: Source,
    deleted: boolean,
  ): { row: Row<Table>; rank?: number; deleted?: boolean; owner?: Owner | undefined };
  /** Where Stripe's API answers it, under its id; or, of what is no one object there, how it is read. */
  path?: string;
  retrieve?: Retrieve<Source>;
  /** What its row needs, and Stripe answers only when asked. */
  expand?: string[];
  /** Reads the rest of the lists that it shows in part. */
  complete?(source: Source, readPage: ReadPage): Promise<void>;
  /**
   * Stripe forgets it when it is deleted, so that it answers 404. What has no such function it keeps for ever: a 404 then says that
   * our key is of another account or mode.
   */
  isForgotten?(source: Source): boolean;
  /** It is not shown whole: a list in it holds only its first page (https://docs.stripe.com/api/pagination), or a part is left out. */
  isCut?(source: Source): boolean;
  /** What an answer says of other objects, each of which has a row of its own. */
  companions?(source: Source): Projection[];
  /** How all that there are are found. */
  listed: Listed<Source>;
  /** What Stripe is asked to send about it. */
  events: Events<Source>;
}

/** A declaration, once its own types have been checked. */
export interface MirroredObject<Name extends string = string, Source = { id: string }>
  extends Pick<
    Declaration<Name, keyof Tables, Source>,
    "object" | "table" | "path" | "isForgotten" | "isCut" | "companions"
  > {
  /** Reads it from Stripe's API, with all that its row needs. */
  retrieve(stripe: Stripe, id: string, options?: Stripe.RequestOptions): Promise<Stripe.Response<Source>>;
  listed: Listed<Source> & { path: string };
  events: Partial<Record<Stripe.Event.Type, Meaning<never>>>;
  /** Its row, under its id. */
  project(source: Source, deleted?: boolean): Projection;
}

/** Declares a mirrored object. */
export function mirrored<const Name extends string, Table extends keyof Tables, Source extends { id: string }>(
  declaration: Declaration<Name, Table, Source>,
): MirroredObject<Name, Source> {
  const { object, project } = declaration;
  return {
    ...declaration,
    listed: { path: declaration.path ?? "", ...declaration.listed },
    retrieve: declaration.retrieve ?? retrieveFrom(declaration),
    project: (source, deleted = false) => {
      // A row is written under the id and nothing else: without one the object is unreadable.
      if (typeof source.id !== "string" || source.id === "") throw new TypeError(`the ${object} has no id`);
      return { object, object_id: source.id, rank: 0, deleted, owner: undefined, ...project(source, deleted) };
    },
  };
}

function retrieveFrom<Source extends object>({
  path,
  expand,
  complete,
}: Pick<Declaration<string, keyof Tables, Source>, "path" | "expand" | "complete">): Retrieve<Source> {
  return async (stripe, id, options) => {
    const answer = await read<Source>(stripe, `${path}/${encodeURIComponent(id)}`, { expand }, options);
    await complete?.(answer, (pagePath, query) => read(stripe, pagePath, query, options));
    return answer;
  };
}
