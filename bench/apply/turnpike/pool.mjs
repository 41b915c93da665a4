import { pipeline } from "node:stream/promises";
import pg from "pg";
import { from } from "pg-copy-streams";

/** The driver of this workspace, of the same version as the peer's. */
export function createPool(url, connections) {
  // A connection stays while others have their turn: a new one would have to plan every statement again.
  const pool = new pg.Pool({ connectionString: url, max: connections, idleTimeoutMillis: 0 });
  // An idle connection that the server ends, when the benchmark is interrupted, is no error; a statement under way still fails.
  pool.on("error", () => {});
  return pool;
}

/** Feeds a `copy … from stdin`. */
export async function copyFrom(client, statement, lines) {
  await pipeline([lines], client.query(from(statement)));
}
