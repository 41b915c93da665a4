import { App, type Connection, type EmailDriver } from "@supabase/lite";
import type { Database } from "./database.ts";
import type { Tokens } from "./tokens.ts";

interface LiteOptions {
  publicUrl: string;
  publishableKey: string;
  secretKey: string;
  accessTokenTtlSeconds?: number;
  providers?: Providers;
}

/** Where people may sign in with an account of theirs elsewhere: `[auth.external.github]` of a config.toml. */
export type Providers = Partial<Record<"github" | "google", { client_id: string; secret: string; url?: string }>>;

/** Supabase's Auth and REST handlers on a database, configured as a new hosted project is, but for what an e-mail would hold up. */
export function createLite(database: Database, options: LiteOptions, tokens: Tokens, email: EmailDriver): App {
  return new App({
    connection: database.connection,
    studio: { enabled: false },
    api: { schemas: ["public"], max_rows: 1000 },
    auth: {
      enabled: true,
      jwt_secret: tokens.liteSecret,
      jwt_expiry: options.accessTokenTtlSeconds ?? 3600,
      publishable_key: options.publishableKey,
      secret_key: options.secretKey,
      site_url: options.publicUrl,
      email: { enable_confirmations: false },
      external: switchedOn(options.providers, `${options.publicUrl}/auth/v1/callback`),
    },
    options: { drivers: { email } },
  });
}

const switchedOn = (providers: Providers | undefined, redirect_uri: string) =>
  Object.fromEntries(
    Object.entries(providers ?? {}).map(([id, provider]) => [id, { enabled: true, redirect_uri, ...provider }]),
  );

/**
 * With its first request lite grants everything in each schema that has row-level security to the API's roles, which would
 * undo the migrations' REVOKEs. It does so while this private state of its connection is "unknown".
 */
export function keepRevokedGrants(connection: Connection): void {
  if (Reflect.get(connection, "rlsState") !== "unknown") {
    throw new Error("This version of @supabase/lite grants in another way: see to it that REVOKEs of migrations hold.");
  }
  Reflect.set(connection, "rlsState", "active");
}
