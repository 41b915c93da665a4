import type { Mail } from "@turnpike/core/notices";
import { callSns } from "./aws.ts";
import { bindings } from "./bindings.ts";
import { log } from "./log.ts";

/**
 * Mails the operator, by way of the topic that the alarms use. Where there is none, on a laptop or a personal stage, the log shows
 * what would have been sent.
 * @throws when SNS does not take it
 */
export async function tellOperator({ subject, lines }: Mail): Promise<void> {
  const { operatorTopicArn: topic, app, stage } = bindings;
  if (!topic) {
    log("warn", "mail to the operator", { subject, body: lines.join("\n") });
    return;
  }
  const body = [...lines, "", "What each of these means: docs/runbook.md#what-the-operator-is-told"].join("\n");
  // https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: a subject is ASCII, and has up to 100 characters.
  const title = `[${stage} ${app}] ${subject}`.replace(/[^\x20-\x7e]/g, "?").slice(0, 100);
  await callSns(new URL(bindings.snsUrl), "Publish", { TopicArn: topic, Subject: title, Message: body });
}
