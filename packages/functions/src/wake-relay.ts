import { bindings } from "./bindings.ts";
import { describe, log } from "./log.ts";
import { sendMessages } from "./queue.ts";

/** Lets the relay run now. When that fails, it runs within a minute all the same: nobody else has to fail for it. */
export async function wakeRelay(): Promise<void> {
  try {
    await sendMessages(bindings.relayQueueUrl, ["{}"]);
  } catch (error) {
    log("warn", "the relay was not woken", describe(error));
  }
}
