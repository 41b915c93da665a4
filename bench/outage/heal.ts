import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import type { TestSupabase } from "@turnpike/local/testing";
import { type LocalQueue, type LocalSqs, startSqs, toSqsEvent } from "@turnpike/local/testing/aws";
import type { Context, SQSBatchResponse } from "aws-lambda";
import { type Account, SECRET_KEY } from "../sync/account.ts";

type Handler = (event: never, context: Context) => Promise<unknown>;

const REGION = "us-east-1";
const MINUTE_MS = 60_000;
/** The minute of the function that reads has begun already: on the average half of it. */
const READS_FIRST_MS = MINUTE_MS / 2;
const RECONCILE_EVERY_MS = 15 * MINUTE_MS;
const LAMBDA_MS = 10 * MINUTE_MS;
/** As the stack has them. */
const CONSUMERS = 5;
const BATCH = 100;
const POLL_MS = 250;

/** Lets the functions run as they are scheduled until all is as it should be. Answers after how many seconds each part was. */
export async function heal(account: Account, supabase: TestSupabase, log: (line: string) => void) {
  const sqs = await startSqs(join(tmpdir(), `turnpike-outage-${crypto.randomUUID()}`), REGION);
  const { StripeEvents: queue, RelayWakeUps: wakeUps } = sqs.createQueues(
    ["StripeEvents", "RelayWakeUps"].map((name) => ({ name, attributes: { VisibilityTimeout: "360" } })),
  ) as Record<"StripeEvents" | "RelayWakeUps", LocalQueue>;
  setEnvironment(account, supabase, { queue, wakeUps });
  const [reconcile, read, apply] = await Promise.all([
    import("@turnpike/functions/reconcile"),
    import("@turnpike/functions/read-account"),
    import("@turnpike/functions/apply-stripe-events"),
  ]).then((all) => all.map(({ handler }) => handler as Handler));
  if (!reconcile || !read || !apply) throw new Error("A function is missing.");
  // One line for each event is for the cloud.
  console.info = () => {};

  const over = new AbortController();
  const began = performance.now();
  const parts: Record<string, number> = {};
  const note = (what: string) => {
    parts[what] = (performance.now() - began) / 1000;
    log(what);
  };
  const every = async (ms: number, first: number, handler: Handler) => {
    for (let at = began + first; !over.signal.aborted; at += ms) {
      await sleep(Math.max(0, at - performance.now()), undefined, { signal: over.signal }).catch(() => {});
      // One that fails has said so, and its next turn comes.
      if (!over.signal.aborted) await handler({} as never, contextFor(LAMBDA_MS)).catch(() => log("a function failed"));
    }
  };
  const is = async (sql: string) => (await supabase.query<{ so: boolean }>(`select ${sql} as so`))[0]?.so ?? false;
  const when = async (what: string, isSo: () => Promise<boolean>) => {
    while (!over.signal.aborted && !(await isSo())) await sleep(POLL_MS);
    if (!over.signal.aborted) note(what);
  };
  const complete = "public.mirror_is_complete()";
  const through =
    "exists (select from billing.reconcile_cursor where listing = 'all' and reconciled_until > now() - interval '1 day')";

  const working = [
    every(RECONCILE_EVERY_MS, 0, reconcile),
    every(MINUTE_MS, READS_FIRST_MS, read),
    ...Array.from({ length: CONSUMERS }, () => consume(sqs, queue, apply, over.signal)),
  ];
  const awaited = Promise.all([
    when("nothing passes for complete any more", () => is(`not ${complete}`)).then(() =>
      when("all objects are read, and the mirror is complete", () => is(complete)),
    ),
    when("all events are looked through and queued", () => is(through)).then(() =>
      when("the last of them is applied", async () => {
        const { visible, inFlight } = sqs.getDepth(queue.name);
        return visible + inFlight === 0;
      }),
    ),
  ]);
  try {
    await Promise.race([awaited, Promise.all(working)]);
    return parts;
  } finally {
    over.abort();
    // What still writes must not find its database gone.
    await Promise.allSettled([...working, awaited]);
    await sqs.close();
  }
}

/** Batches as Lambda makes them, until it is over. */
async function consume({ client }: LocalSqs, queue: LocalQueue, apply: Handler, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const messages: Message[] = [];
    while (messages.length < BATCH) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: queue.url,
          MaxNumberOfMessages: 10,
          MessageSystemAttributeNames: ["All"],
        }),
      );
      if (Messages.length === 0) break;
      messages.push(...Messages);
    }
    if (messages.length === 0) {
      await sleep(POLL_MS);
      continue;
    }
    const answer = (await apply(toSqsEvent(messages, queue, REGION) as never, contextFor(60_000))) as SQSBatchResponse;
    const failed = new Set(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    const done = messages.filter(({ MessageId = "" }) => !failed.has(MessageId));
    for (let first = 0; first < done.length; first += 10) {
      const Entries = done
        .slice(first, first + 10)
        .map(({ ReceiptHandle }, place) => ({ Id: String(place), ReceiptHandle }));
      await client.send(new DeleteMessageBatchCommand({ QueueUrl: queue.url, Entries }));
    }
  }
}

function contextFor(ms: number): Context {
  const end = performance.now() + ms;
  return { awsRequestId: crypto.randomUUID(), getRemainingTimeInMillis: () => end - performance.now() } as Context;
}

function setEnvironment(account: Account, supabase: TestSupabase, queues: Record<"queue" | "wakeUps", LocalQueue>) {
  Object.assign(process.env, {
    SITE_URL: "https://app.example.com",
    ALLOWED_ORIGINS: "https://app.example.com",
    SUPABASE_URL: supabase.url,
    SUPABASE_PUBLISHABLE_KEY: supabase.publishableKey,
    STRIPE_API_BASE: account.url,
    BUILD: "bench",
    SST_APP: "turnpike",
    SST_STAGE: "bench",
    SST_Secret_value_STRIPE_SECRET_KEY: SECRET_KEY,
    SST_Secret_value_STRIPE_WEBHOOK_SECRET: "whsec_bench",
    SST_Secret_value_SUPABASE_SECRET_KEY: supabase.secretKey,
    SST_Queue_queueUrl_StripeEvents: queues.queue.url,
    SST_Queue_queueUrl_RelayWakeUps: queues.wakeUps.url,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: "bench",
    AWS_SECRET_ACCESS_KEY: "bench",
  });
}
