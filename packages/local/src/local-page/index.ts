import type { Aws } from "../aws.ts";
import type { Settings } from "../settings/settings.ts";
import type { EmbeddedSupabase } from "../supabase/index.ts";
import { type DeadLetter, type LedgerRow, renderPage } from "./page.ts";

interface LocalPageParts {
  settings: Settings;
  aws: Pick<Aws, "getQueueDepth" | "getDeadLetters" | "system">;
  /** Absent when a hosted project is used. */
  supabase: Pick<EmbeddedSupabase, "mails" | "query"> | undefined;
}

/** `/_local`: the e-mails that would have gone out, what waits in the queues or was given up, and what became of Stripe's latest events. */
export function createLocalPage({ settings, aws, supabase }: LocalPageParts): (request: Request) => Promise<Response> {
  const { publicUrl, siteUrl, stripe } = settings;
  const links: [string, string][] = [
    ["App", siteUrl],
    ...(stripe.emulated ? [["Stripe's control room", `${publicUrl}/_emulator`] as [string, string]] : []),
    ["Health", `${publicUrl}/api/health`],
  ];
  return async () =>
    renderPage({
      links,
      mails: supabase?.mails,
      queues: aws.system.queues.map(({ name }) => [name, aws.getQueueDepth(name)]),
      deadLetters: aws.getDeadLetters().map(eventIn),
      events: await supabase?.query<LedgerRow>(
        "select id, type, object_id, outcome, reason, recorded_at from billing.stripe_events order by recorded_at desc, id limit 50",
      ),
    });
}

/** Which event a message is about; nothing, where it holds none. The consumer's envelope, or EventBridge's. */
function eventIn(body: string): DeadLetter | undefined {
  try {
    const { event, detail, eventId } = JSON.parse(body);
    const { id, type } = event ?? detail ?? { id: eventId };
    return typeof id === "string" ? { id, type } : undefined;
  } catch {
    return undefined;
  }
}
