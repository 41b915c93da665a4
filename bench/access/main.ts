import { MILLION_ROWS, STATEMENTS, STRANGER, SUBSCRIBER } from "../../test/million-rows.ts";
import { migrateTurnpike, startPostgres } from "../apply/postgres.ts";
import { createPool } from "../apply/turnpike/pool.mjs";

/**
 * `npm run bench:access`: what a product's statements cost in Postgres beside a million subscriptions and articles, in the name of a
 * signed-in user, over one connection.
 */

const CALLS = 2000;
const MOST_MS = 1;

const server = await startPostgres();
try {
  const url = await server.createDatabase("access");
  await migrateTurnpike(url, "supabase/migrations");
  const pool = createPool(url, 1);
  console.error("Filling the tables…");
  await pool.query(
    "create or replace function auth.uid() returns uuid language sql stable as $$ select nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$",
  );
  for (const sql of MILLION_ROWS) await pool.query(sql);

  console.log(`${"statement".padEnd(28)} ${"who".padEnd(10)}   p50 ms   p95 ms`);
  let worst = 0;
  for (const [name, text] of Object.entries(STATEMENTS)) {
    for (const [who, sub] of Object.entries({ subscriber: SUBSCRIBER, stranger: STRANGER })) {
      await pool.query("reset role");
      await pool.query({ text: "select set_config('request.jwt.claim.sub', $1, false)", values: [sub] });
      await pool.query("set role authenticated");
      const times: number[] = [];
      for (let call = 0; call < CALLS; call++) {
        const start = performance.now();
        await pool.query({ name, text, values: [] });
        times.push(performance.now() - start);
      }
      times.sort((a, b) => a - b);
      const [median = 0, p95 = 0] = [times[CALLS / 2], times[CALLS * 0.95]];
      worst = Math.max(worst, p95);
      console.log(
        `${name.padEnd(28)} ${who.padEnd(10)} ${median.toFixed(3).padStart(8)} ${p95.toFixed(3).padStart(8)}`,
      );
    }
  }
  await pool.end();
  if (worst > MOST_MS) {
    console.error(`A statement took more than ${MOST_MS} ms at its 95th percentile.`);
    process.exitCode = 1;
  }
} finally {
  await server.close();
}
