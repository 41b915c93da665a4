/**
 * `npm run bench:outage`: a mirror that heard nothing for forty days, put right by the functions that run in the cloud, each by its own
 * schedule. Says how long each part took; exits with 1 when an object is not as the account has it afterwards.
 */
import { loadavg } from "node:os";
import { createServiceClient } from "@turnpike/core/supabase";
import { auditAccount, beginReading, getCompleteness, workReading } from "@turnpike/core/sync";
import { startTestPostgres, startTestSupabase, type TestSupabase } from "@turnpike/local/testing";
import { readArguments } from "../../scripts/arguments.ts";
import { type Account, plantAccount } from "../sync/account.ts";
import { heal } from "./heal.ts";

const USAGE = `Usage: npm run bench:outage -- [options]

  --objects <n>     how many objects the account has (100,000): a tenth were made in the outage, and no event of theirs is listed
  --events <n>      how many events of the last 29 days are listed, all of them unheard (65,000)
  --latency <ms>    how late Stripe answers (100)
  --help`;

const options = readArguments(USAGE, {
  objects: { type: "string", default: "100000" },
  events: { type: "string", default: "65000" },
  latency: { type: "string", default: "100" },
});
const [objects, events, latencyMs] = [Number(options.objects), Number(options.events), Number(options.latency)];

const DAY = 86_400;
const OUTAGE_DAYS = 40;
const LISTED_DAYS = 29;
const AT_ONCE = 32;
/** What Stripe allows of an account in live mode, where a key of test mode takes less by itself. */
const LIMITS = { endpoint: 25, account: 100 };
/** What this machine takes at once beside everything else. */
const FAST = { perSecond: 60, perEndpoint: 60 };

/** The mirror is as complete as it was when the outage began. */
async function mirrorBefore(account: Account, supabase: TestSupabase): Promise<void> {
  const clients = { stripe: account.stripe, supabase: createServiceClient(supabase) };
  await account.control("age", { seconds: OUTAGE_DAYS * DAY });
  await beginReading(clients, { purpose: "sync", requestedBy: "npm run bench:outage" });
  await workReading(clients, { purpose: "sync", ...FAST });
  for (const { target } of await supabase.query<{ target: string }>("select target from billing.mirrored")) {
    await supabase.query(`update ${target} set as_of = as_of - $1 * interval '1 day'`, [OUTAGE_DAYS]);
  }
  await supabase.query("update billing.completeness set complete_as_of = complete_as_of - $1 * interval '1 day'", [
    OUTAGE_DAYS,
  ]);
  // One that ended a moment ago would be taken for a reading that could not bring everything, and not be begun again for an hour.
  await supabase.query("update billing.sync_runs set finished_at = finished_at - $1 * interval '1 day'", [OUTAGE_DAYS]);
  await supabase.query(
    "insert into billing.reconcile_cursor select listing, now() - $1 * interval '1 day' from unnest('{all,undelivered}'::text[]) listing",
    [OUTAGE_DAYS],
  );
}

/** What nobody heard: objects of which no event is listed, and customers who change again and again. */
async function liveOn(account: Account): Promise<void> {
  await account.control("plant", { objects: Math.ceil(objects / 10), days: OUTAGE_DAYS - 5 });
  const customers: string[] = [];
  for await (const { id } of account.stripe.customers.list({ limit: 100 })) customers.push(id);
  const rounds = Math.ceil(events / customers.length);
  for (let round = 0; round < rounds; round++) {
    const changed = customers.slice(0, events - round * customers.length);
    for (let first = 0; first < changed.length; first += AT_ONCE) {
      const some = changed.slice(first, first + AT_ONCE);
      await Promise.all(some.map((id) => account.stripe.customers.update(id, { name: `Round ${round}` })));
    }
    await account.control("age", { seconds: Math.floor((LISTED_DAYS * DAY) / rounds), objects: false });
  }
}

const began = performance.now();
const log = (line: string) =>
  console.error(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${line}`);

async function main(): Promise<void> {
  log("planting the account, and reading it as it was before the outage");
  const [account, postgres] = await Promise.all([plantAccount(Math.ceil(objects * 0.9)), startTestPostgres()]);
  try {
    const supabase = await startTestSupabase({ databaseUrl: postgres.url });
    await mirrorBefore(account, supabase);
    log("forty days pass");
    await liveOn(account);
    await account.limit(LIMITS, latencyMs);
    log("the outage is over");
    for (const [what, seconds] of Object.entries(await heal(account, supabase, log))) {
      console.log(`${seconds.toFixed(0).padStart(5)} s  ${what}`);
    }
    console.log(`Load average of the last quarter of an hour: ${loadavg()[2]?.toFixed(0)}.`);
    await account.lift();
    await audit(account, supabase);
  } finally {
    account.close();
    await postgres.close();
  }
}

async function audit({ stripe }: Account, server: TestSupabase): Promise<void> {
  const supabase = createServiceClient(server);
  const { equal, objects: kinds } = await auditAccount({ stripe, supabase }, FAST);
  const { complete } = await getCompleteness(supabase);
  const [all, same] = [kinds.map((kind) => kind.objects), kinds.map((kind) => kind.equal)].map((counts) =>
    counts.reduce((sum, count) => sum + count, 0),
  );
  console.log(`${same} of ${all} objects equal the account's, and the mirror ${complete ? "is" : "is not"} complete.`);
  if (!equal || !complete) process.exitCode = 1;
}

await main();
process.exit();
