import type { Clients } from "../clients.ts";
import { getAccountId } from "../stripe/index.ts";
import { dataOf } from "../supabase/index.ts";
import { type Completeness, getCompleteness } from "../sync/index.ts";
import type { HealthAnswer } from "./schema.ts";

export interface Health {
  healthy: boolean;
  dependencies: HealthAnswer["dependencies"];
  /** Undefined while Supabase does not answer. */
  completeness: Completeness | undefined;
  /** What went wrong with those that do not answer: for the log, and for who can do something about a key that was refused. */
  errors: unknown[];
}

/** Asks every dependency for something small. */
export async function checkHealth({ stripe, supabase }: Clients): Promise<Health> {
  const answers = await Promise.allSettled([
    getAccountId(stripe, { maxNetworkRetries: 0, timeout: 5_000 }),
    supabase.rpc("get_stripe_account").then(dataOf),
    getCompleteness(supabase),
  ]);
  const [account, mirror, completeness] = answers;
  const dependencies: Health["dependencies"] = { stripe: stateOf(account), supabase: stateOf(mirror) };
  const [mirrored] = mirror.status === "fulfilled" ? mirror.value : [];
  if (mirrored && account.status === "fulfilled") {
    if (mirrored.id !== account.value || mirrored.livemode !== stripe.livemode) dependencies.stripe = "other_account";
    else if (mirrored.refused_events > 0) dependencies.stripe = "other_events";
  }
  return {
    healthy: Object.values(dependencies).every((state) => state === "ok"),
    dependencies,
    completeness: completeness.status === "fulfilled" ? completeness.value : undefined,
    errors: answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason] : [])),
  };
}

/** What is told of the mirror: to strangers not how much a business sells. See docs/decisions/0016-who-hears-how-many.md */
export function showMirror(
  { complete, objects }: Completeness,
  isOperator: boolean,
): NonNullable<HealthAnswer["mirror"]> {
  return {
    complete,
    objects: objects.map(({ objects: all, compared, equal, unread: _, ...said }) => ({
      ...said,
      ...(isOperator && { objects: all, ...(said.comparedAsOf && { compared, equal }) }),
    })),
  };
}

function stateOf({ status }: PromiseSettledResult<unknown>) {
  return status === "fulfilled" ? ("ok" as const) : ("unreachable" as const);
}
