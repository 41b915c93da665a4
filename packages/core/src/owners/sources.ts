import type { PostgrestSingleResponse } from "@supabase/supabase-js";
import { OwnError } from "../errors/index.ts";
import { DatabaseError, dataOf, type ServiceClient } from "../supabase/index.ts";

/** Whose a customer is said to be: by users' ids, or what the product calls its organisations. More than one is a conflict. */
export interface Said {
  customer_id: string;
  users: string[];
  organizations: string[];
}

/** The file or the table is not there, or not as it must be: the message says what to name, write or grant. */
export class SourceError extends OwnError {
  override readonly name = "SourceError";
}

/** Something that says whose customers are. */
export interface Source {
  /** What the owners are remembered to be known by. */
  ownedBy: "operator" | "email";
  /** Each customer once, from the first to the last: it is gone through twice, to plan and to apply. */
  batches(supabase: ServiceClient): AsyncIterable<Said[]>;
}

/** As many rows as Supabase's API answers at once, unless it is set to fewer. */
export const BATCH = 1000;

/** A table or a view of the product's. */
export interface TableSource {
  /** With its schema, quoted where SQL needs it: `public."user"`. */
  table: string;
  customerColumn: string;
  userColumn?: string | undefined;
  organizationColumn?: string | undefined;
}

/**
 * What a table or a view of the product's says. Reading it throws SourceError when it cannot be read.
 */
export function inTable({ table, customerColumn, userColumn, organizationColumn }: TableSource): Source {
  return {
    ownedBy: "operator",
    batches: (supabase) =>
      inOrder(async (after) =>
        rowsOf(
          table,
          await supabase.rpc("list_owners_in_table", {
            source: table,
            customer_column: customerColumn,
            user_column: (userColumn ?? null) as string,
            organization_column: (organizationColumn ?? null) as string,
            after,
            most: BATCH,
          }),
        ),
      ),
  };
}

function rowsOf(table: string, answer: PostgrestSingleResponse<Said[]>): Said[] {
  try {
    return dataOf(answer);
  } catch (error) {
    const says = error instanceof DatabaseError ? whatIsWrong(table, error) : undefined;
    throw says ? new SourceError(says) : error;
  }
}

function whatIsWrong(table: string, { code, message }: DatabaseError): string | undefined {
  // What list_owners_in_table says itself.
  if (code === "22023") return message;
  if (/^(42601|42602|3F000|0A000)$/.test(code)) {
    return `"${table}" is no name of a table. Name it with its schema, as in public.users, quoted where SQL needs it: public."User"`;
  }
  if (code === "42501") {
    return `The service role may not read ${table}. In a migration of yours: grant usage on its schema, and select on ${table}, to service_role`;
  }
  return undefined;
}

/** Customers of nobody, whose address a user has confirmed. */
export function byEmail(): Source {
  return {
    ownedBy: "email",
    batches: (supabase) =>
      inOrder(async (after) => dataOf(await supabase.rpc("list_owners_by_email", { after, most: BATCH }))),
  };
}

async function* inOrder(read: (after: string) => Promise<Said[]>): AsyncGenerator<Said[]> {
  for (let after = ""; ; ) {
    const batch = await read(after);
    if (batch.length === 0) return;
    yield batch;
    after = batch.at(-1)?.customer_id ?? "";
  }
}
