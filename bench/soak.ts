/**
 * `npm run soak`: many events with every fault that a queue and a network have, applied by eight consumers to a real
 * Postgres through Supabase's API. Ends well only if each event that went in is accounted for, and every row is the newest.
 */
import { applyEvents, type Outcome } from "@turnpike/core/mirror";
import { createStripe } from "@turnpike/core/stripe";
import { createServiceClient } from "@turnpike/core/supabase";
import { startTestPostgres, startTestSupabase } from "@turnpike/local/testing";
import type Stripe from "stripe";
import { readArguments } from "../scripts/arguments.ts";
import { event, invoice, subscription } from "../test/builders.ts";
import { createRandom, shuffle } from "../test/disorder.ts";

const HELP = `Applies many events, with faults on, and accounts for each of them.

  npm run soak                        100,000 events, some minutes
  npm run soak -- --events 5000       fewer
  npm run soak -- --seed 7            another disorder`;

const CONSUMERS = 8;
const BATCH = 100;
const FAULTS = { duplicate: 0.1, crashBeforeDelete: 0.05, crashBeforeApply: 0.05, poison: 0.001 };
const START = 1_790_000_000;

const values = readArguments(HELP, {
  events: { type: "string", default: "100000" },
  seed: { type: "string", default: "1" },
});
const total = Number(values.events);
const random = createRandom(Number(values.seed));

/** Ten events to an object, a second apart; some of them cannot be read. */
function createEvents(): { events: Stripe.Event[]; poison: Set<string> } {
  const poison = new Set<string>();
  const events: Stripe.Event[] = [];
  while (events.length < total) {
    const [sub, inv] = [subscription(), invoice()];
    for (let version = 0; version < 5; version++) {
      const bad = random() < FAULTS.poison ? { created: "never" } : {};
      const metadata = { version: String(version) };
      const updated = event("customer.subscription.updated", { ...sub, metadata, ...bad }, START + version);
      const changed = event("invoice.updated", { ...inv, number: `v${version}` }, START + version);
      if ("created" in bad) poison.add(updated.id);
      events.push(updated, changed);
    }
  }
  return { events: events.slice(0, total), poison };
}

const postgres = await startTestPostgres();
const server = await startTestSupabase({ databaseUrl: postgres.url });
let stopping = false;
process.once("SIGINT", () => {
  stopping = true;
});

try {
  const supabase = createServiceClient(server);
  const stripe = createStripe({ secretKey: "sk_test_unused", apiBase: "http://127.0.0.1:9" });
  const { events, poison } = createEvents();
  const queue = shuffle([...events, ...events.filter(() => random() < FAULTS.duplicate)], random);
  const deliveries = queue.length;
  const counted: Partial<Record<Outcome, number>> = {};
  let crashes = 0;
  let done = 0;
  const began = performance.now();
  const progress = setInterval(() => {
    const seconds = (performance.now() - began) / 1000;
    console.log(
      `${done.toLocaleString("en")} deliveries done, ${Math.round(done / seconds).toLocaleString("en")} a second`,
    );
  }, 5_000);

  await Promise.all(
    Array.from({ length: CONSUMERS }, async () => {
      while (queue.length > 0 && !stopping) {
        const messages = queue.splice(0, 1 + Math.floor(random() * BATCH));
        const batch = [...new Map(messages.map((message) => [message.id, message])).values()];
        if (random() < FAULTS.crashBeforeApply) {
          crashes++;
          queue.push(...messages);
          continue;
        }
        const { outcomes } = await applyEvents({ stripe, supabase }, batch);
        if (random() < FAULTS.crashBeforeDelete) {
          crashes++;
          queue.push(...messages); // applied, and not acknowledged
          continue;
        }
        for (const outcome of outcomes.values()) counted[outcome] = (counted[outcome] ?? 0) + 1;
        done += messages.length;
      }
    }),
  );
  clearInterval(progress);
  if (stopping) throw new Error("Interrupted: nothing can be said of events that were not applied.");

  const ledger = await server.query<{ outcome: string; n: number }>(
    "select outcome, count(*)::int as n from billing.stripe_events group by outcome order by outcome",
  );
  const [drift] = await server.query<{ n: number }>(
    `select (select count(*) from user_subscriptions where metadata ->> 'version' <> '4')::int
       + (select count(*) from billing.invoices where number <> 'v4')::int as n`,
  );
  const entries = ledger.reduce((sum, { n }) => sum + n, 0);
  const failed = ledger.find(({ outcome }) => outcome === "failed")?.n ?? 0;
  // The newest version of a poisoned object is one that can be read, unless the poison was the newest itself.
  const poisonedLast = events.filter((e) => poison.has(e.id) && e.created === START + 4).length;
  console.log(`\n${events.length.toLocaleString("en")} events in, ${entries.toLocaleString("en")} in the ledger:`);
  for (const { outcome, n } of ledger) console.log(`  ${outcome.padEnd(8)} ${n.toLocaleString("en")}`);
  console.log(
    `${deliveries.toLocaleString("en")} deliveries, ${crashes} crashes; consumers saw ${JSON.stringify(counted)}`,
  );
  const unexplained =
    Math.abs(events.length - entries) + Math.abs(poison.size - failed) + Math.abs((drift?.n ?? 0) - poisonedLast);
  console.log(`unexplained: ${unexplained}`);
  if (unexplained > 0) process.exitCode = 1;
} finally {
  await server.close();
  await postgres.close();
}
