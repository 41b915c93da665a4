import { resolve } from "node:path";
import type { JWK } from "jose";
import { createApi } from "./api.ts";
import { bootstrapSql } from "./bootstrap.ts";
import type { Database } from "./database.ts";
import { EmailLinks } from "./email-links.ts";
import { createLite, keepRevokedGrants, type Providers } from "./lite.ts";
import { type Mail, Mailbox } from "./mailbox.ts";
import { applyMigrations, readMigrations } from "./migrations.ts";
import { openPglite } from "./pglite.ts";
import { openPostgres } from "./postgres.ts";
import { snapshotCache } from "./snapshot-cache.ts";
import { answerSqlErrorsLikePostgrest } from "./sql-errors.ts";
import { createTokens } from "./tokens.ts";

export type { Providers } from "./lite.ts";
export type { Mail } from "./mailbox.ts";
export { generateSigningKey } from "./tokens.ts";

export interface EmbeddedSupabaseOptions {
  /** Where data lives on disk (locked against a second process). Absent: memory. */
  dataDir?: string;
  /** A real Postgres instead of PGlite, by its URL. */
  databaseUrl?: string;
  /** Folder with the Supabase CLI's migrations. */
  migrationsDir: string;
  /** The address under which the API is reached, e.g. `http://localhost:3000`; the tokens' `iss` is `${publicUrl}/auth/v1`. */
  publicUrl: string;
  publishableKey: string;
  secretKey: string;
  /** Private ES256 JWK (with `kid`) that access tokens are signed with, see {@link generateSigningKey}. */
  signingKey: JWK;
  /** In memory only: folder of snapshots keyed by migrations, from which tests start in seconds. */
  snapshotDir?: string;
  /** Default 3600. */
  accessTokenTtlSeconds?: number;
  /** Accounts elsewhere that people may sign in with. Default: none. */
  providers?: Providers;
}

export interface EmbeddedSupabase {
  /** Handles `/auth/v1/*` and `/rest/v1/*`; there is no listener of its own. */
  fetch(request: Request): Promise<Response>;
  /** Raw SQL as the owner, past row-level security. */
  query<Row>(sql: string, params?: unknown[]): Promise<Row[]>;
  /** The e-mails that would have gone out since the start, newest first. */
  readonly mails: readonly Mail[];
  /** Ends the database. */
  close(): Promise<void>;
}

const DEFINES = /\b(create|alter|drop)\b/i;

/**
 * Starts Supabase's Auth and REST API in this process, with all migrations applied.
 * Two on one data folder would lose each other's writes: whoever calls has locked it.
 * @throws when a migration fails, or was edited or removed after it had been applied
 */
export async function startEmbeddedSupabase(options: EmbeddedSupabaseOptions): Promise<EmbeddedSupabase> {
  const { databaseUrl, snapshotDir } = options;
  const dataDir = options.dataDir && resolve(options.dataDir);
  const migrations = readMigrations(options.migrationsDir);
  const tokens = await createTokens(options.signingKey, `${options.publicUrl}/auth/v1`);
  const snapshots = snapshotDir && !dataDir && !databaseUrl ? snapshotCache(snapshotDir, migrations) : undefined;
  let opened: Database | undefined;
  const close = async () => {
    await opened?.exclusive(async () => opened?.connection.close());
  };
  try {
    const snapshot = await snapshots?.find();
    const database = databaseUrl ? await openPostgres(databaseUrl) : await openPglite({ dataDir, snapshot });
    opened = database;
    const mailbox = new Mailbox();
    const lite = createLite(database, options, tokens, mailbox);
    if (!snapshot) {
      await database.exec(bootstrapSql);
      await lite.ensureSystemSchema();
      await applyMigrations(database, migrations);
      await snapshots?.save(database);
    }
    keepRevokedGrants(database.connection);
    answerSqlErrorsLikePostgrest(database.connection);
    return {
      fetch: createApi({ ...options, lite, database, tokens, links: new EmailLinks(tokens, mailbox) }),
      mails: mailbox.mails,
      query: (sql, params) => {
        // What the snapshot says of the schema is no longer true.
        if (snapshot && DEFINES.test(sql)) snapshot.schema = "";
        return database.exclusive(() => database.query(sql, params));
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  } finally {
    snapshots?.end();
  }
}
