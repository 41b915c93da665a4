import { dataOf, type ServiceClient } from "../supabase/index.ts";

/** Whose a customer is said to be: by users' ids, or what the product calls its organisations. More than one is a conflict. */
export interface Said {
  customer_id: string;
  users: string[];
  organizations: string[];
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

/** What a table or a view of the product's says. */
export function inTable({ table, customerColumn, userColumn, organizationColumn }: TableSource): Source {
  return {
    ownedBy: "operator",
    batches: (supabase) =>
      inOrder(async (after) =>
        dataOf(
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
