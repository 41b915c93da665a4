import middy from "@middy/core";
import { giveUpNotices, type Relayed, relayNotices } from "@turnpike/core/notices";
import { followSeats } from "@turnpike/core/plan-change";
import type { ScheduledEvent, SQSEvent } from "aws-lambda";
import { clients } from "./clients.ts";
import { config } from "./config.ts";
import { describe, log, reportFailure } from "./log.ts";
import { emit } from "./metrics.ts";
import { isRefusal, secrets, withSecrets } from "./secrets.ts";
import { tellOperator } from "./tell-operator.ts";

/** Every minute, and when the consumer says that something waits: handles what is due in the outbox; every minute, the seats too. */
export const handler = middy<SQSEvent | ScheduledEvent>().handler((event) =>
  reportFailure(() =>
    withSecrets(async () => {
      await relay();
      if ("Records" in event) return;
      emit({ noticesGivenUp: await giveUpNotices(clients.supabase) });
      await bringSeats();
    }),
  ),
);

/** Every minute: the quantities of subscriptions follow what the product says is in use. */
async function bringSeats(): Promise<void> {
  for (const { error, ...one } of await followSeats(clients)) {
    if (error === undefined) log(one.problem ? "warn" : "info", "seats", { ...one });
    else log("error", "seats come again", { ...one, ...describe(error) });
  }
}

async function relay(): Promise<void> {
  const { onUserDelete, onDoubleSubscription } = config;
  const relayed = await relayNotices({
    stripe: clients.stripe,
    supabase: clients.supabase,
    onUserDelete,
    onDoubleSubscription,
    tell: tellOperator,
  });
  for (const one of relayed) logNotice(one);

  const failed = relayed.filter((one) => "error" in one);
  if (failed.some(({ error }) => isRefusal(error))) await secrets.loadAgain();
  const told = (kind: string) => relayed.filter((one) => one.notice.kind === kind && one.told !== undefined).length;
  const counts = {
    noticesFailed: failed.length,
    unownedPurchases: told("paid_unowned") + told("unowned_when_read"),
    doubleSubscriptions: told("double_subscription"),
  };
  // Most runs have nothing to count, and a metric costs by the hours in which it is counted.
  const counted = Object.entries(counts).filter(([, count]) => count > 0);
  if (counted.length > 0) emit(Object.fromEntries(counted));
}

function logNotice({ notice, error, told }: Relayed): void {
  const { id: noticeId, kind, object_id: objectId, attempts } = notice;
  if (error === undefined) log("info", "notice", { noticeId, kind, objectId, told: told !== undefined });
  else log("error", "notice comes again", { noticeId, kind, objectId, attempts, ...describe(error) });
}
