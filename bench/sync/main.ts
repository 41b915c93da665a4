import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readArguments } from "../../scripts/arguments.ts";
import { startPostgres } from "../apply/postgres.ts";
import { plantAccount } from "./account.ts";
import { backfill } from "./peer.ts";
import { read } from "./reading.ts";
import { judge, pageOf, tablesOf, WHOLE } from "./report.ts";

const USAGE = `Usage: npm run bench:sync -- [options]

Reads an emulated Stripe account behind Stripe's own limits into a real Postgres, in one go and killed on the way, and beside it lets
another system do the same. Writes docs/benchmarks-sync.md. Exits with 1 when the target is missed or a row is wrong.

  --objects <n>     how many objects the account has (${WHOLE.toLocaleString("en")}); fewer are not judged
  --kills <n>       how often the reading is killed (10)
  --latency <ms>    how late Stripe answers (100)
  --endpoint <n>    requests a second for each endpoint (25)
  --account <n>     requests a second for the account (100)
  --help`;

const options = readArguments(USAGE, {
  objects: { type: "string", default: String(WHOLE) },
  kills: { type: "string", default: "10" },
  latency: { type: "string", default: "100" },
  endpoint: { type: "string", default: "25" },
  account: { type: "string", default: "100" },
});
const limits = { endpoint: Number(options.endpoint), account: Number(options.account) };
const latencyMs = Number(options.latency);

const began = performance.now();
const log = (line: string) =>
  console.error(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${line}`);

async function main(): Promise<void> {
  log(`planting an account of ${Number(options.objects).toLocaleString("en")} objects`);
  const [account, postgres] = await Promise.all([plantAccount(Number(options.objects)), startPostgres()]);
  try {
    const run = async (kills: number, callsNeeded: number) => {
      log(kills === 0 ? "reading it in one go" : `reading it, killed ${kills} times`);
      const url = await postgres.createDatabase(`kills_${kills}`);
      const reading = await read(account, url, { limits, latencyMs, kills, callsNeeded });
      log(`  ${reading.seconds.toFixed(1)} s, ${reading.calls.served} calls`);
      return reading;
    };
    const whole = await run(0, 0);
    const killed = await run(Number(options.kills), whole.calls.served);
    log("the peer reads it");
    const peer = await backfill(account, await postgres.createDatabase("peer"), limits, latencyMs);
    const results = { objects: account.objects, limits, latencyMs, whole, killed, peer };
    console.log(`\n${tablesOf(results)}`);
    writeFileSync(fileURLToPath(new URL("../../docs/benchmarks-sync.md", import.meta.url)), pageOf(results));
    if (!judge(results).isGood) process.exitCode = 1;
  } finally {
    account.close();
    await postgres.close();
  }
}

await main();
