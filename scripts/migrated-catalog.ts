import type { Query } from "./database-types.ts";

/** What the migrations make of an empty database, for whoever wants to know whether one is still so: `npx billing doctor`. */
export async function migratedCatalog(query: Query): Promise<string> {
  const [row] = await query<{ catalog: object }>("select public.inspect_schema() as catalog");
  return `// Generated from the migrations by \`npm run generate\`; a test holds them together.
import type { Catalog } from "./catalog.ts";

export const migrated: Catalog = ${JSON.stringify(sorted(row?.catalog))};
`;
}

/** Postgres orders the fields of a `jsonb` by their length: here they are to be found. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).map(([name, field]) => [name, sorted(field)] as const);
  return Object.fromEntries(fields.sort(([one], [other]) => (one < other ? -1 : 1)));
}
