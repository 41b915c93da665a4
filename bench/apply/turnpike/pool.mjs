import pg from "pg";

/** The driver of this workspace, of the same version as the peer's. */
export function createPool(url, connections) {
  const pool = new pg.Pool({ connectionString: url, max: connections });
  // An idle connection that the server ends, when the benchmark is interrupted, is no error; a statement under way still fails.
  pool.on("error", () => {});
  return pool;
}
