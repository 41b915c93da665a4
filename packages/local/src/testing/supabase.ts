import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { serve } from "@hono/node-server";
import {
  type EmbeddedSupabase,
  type EmbeddedSupabaseOptions,
  generateSigningKey,
  startEmbeddedSupabase,
} from "../supabase/index.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

export interface TestSupabase extends Pick<EmbeddedSupabase, "query" | "mails" | "close"> {
  url: string;
  publishableKey: string;
  secretKey: string;
}

/**
 * Supabase on a port of its own of 127.0.0.1, in memory, with this repository's migrations applied. Options may put it
 * elsewhere: on a folder, on a Postgres server, with other migrations.
 */
export async function startTestSupabase(options: Partial<EmbeddedSupabaseOptions> = {}): Promise<TestSupabase> {
  let supabase: EmbeddedSupabase | undefined;
  // Listens first: the port is part of the tokens' issuer.
  const server = serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => supabase?.fetch(request) ?? new Response(null, { status: 503 }),
  });
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async () => {
    if ("closeAllConnections" in server) server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await supabase?.close();
  };
  const keys = { publishableKey: "sb_publishable_test", secretKey: "sb_secret_test" };
  try {
    supabase = await startEmbeddedSupabase({
      migrationsDir: `${root}supabase/migrations`,
      publicUrl: url,
      ...keys,
      signingKey: await generateSigningKey(),
      snapshotDir: `${root}node_modules/.cache/turnpike`,
      ...options,
    });
  } catch (error) {
    await close();
    throw error;
  }
  return { url, ...keys, query: supabase.query, mails: supabase.mails, close };
}
