import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Database } from "./database.ts";

export interface Migration {
  /** The 14 digits of the file's name, e.g. `20261101000000`. */
  version: string;
  name: string;
  file: string;
  sql: string;
}

interface Applied {
  version: string;
  name: string;
  sql: string;
}

const fileName = /^(\d{14})_(.*)\.sql$/;

/** Reads a folder of the Supabase CLI's migrations, oldest first. */
export function readMigrations(dir: string): Migration[] {
  return readdirSync(dir)
    .sort()
    .flatMap((file) => {
      const [, version, name] = fileName.exec(file) ?? [];
      return version && name ? [{ version, name, file, sql: readFileSync(join(dir, file), "utf8") }] : [];
    });
}

/**
 * Applies what the database has not had yet, each file in a transaction of its own, recorded as the Supabase CLI does.
 * @throws when a migration fails, or when one that was applied has been edited or removed since
 */
export async function applyMigrations(database: Database, migrations: Migration[]): Promise<void> {
  const applied = await database.query<Applied>(
    "select version, name, statements[1] as sql from supabase_migrations.schema_migrations order by version",
  );
  assertUnchanged(applied, migrations);
  const versions = new Set(applied.map(({ version }) => version));
  for (const migration of migrations.filter(({ version }) => !versions.has(version))) await apply(database, migration);
}

async function apply(database: Database, { version, name, file, sql }: Migration): Promise<void> {
  try {
    await database.transaction(async (transaction) => {
      await transaction.exec(sql);
      await transaction.query(
        "insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, array[$3])",
        [version, name, sql],
      );
    });
  } catch (cause) {
    throw new Error(`Migration ${file} failed: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

function assertUnchanged(applied: Applied[], migrations: Migration[]): void {
  const files = new Map(migrations.map((migration) => [migration.version, migration]));
  for (const { version, name, sql } of applied) {
    const migration = files.get(version);
    if (migration?.sql === sql) continue;
    const change = migration?.name === name ? "edited" : "removed";
    throw new Error(
      `The local data is older than supabase/migrations: ${version}_${name}.sql was ${change} after it had been applied, ` +
        "as happens when a newer Turnpike is pulled. Begin without that data: npm start -- --fresh",
    );
  }
}
