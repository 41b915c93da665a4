import { invalid, notModelled } from "../api/errors.ts";
import type { ParamsOf } from "../api/params.ts";
import { periodAround, periodEnd } from "../billing/calendar.ts";
import type { SubscriptionDraft } from "../billing/subscription.ts";
import type { World } from "../world.ts";
import { refusePast } from "./moments.ts";
import type { Price } from "./prices.ts";
import type { createParams } from "./subscription-params.ts";

type AnchorParams = Pick<ParamsOf<typeof createParams>, "billing_cycle_anchor" | "billing_cycle_anchor_config">;

/** The anchor that is named, or the next moment that its config describes; 400 for one that no first period can reach. */
export function anchorAsked(
  world: World,
  { billing_cycle_anchor: named, billing_cycle_anchor_config: config }: AnchorParams,
  prices: readonly Price[],
  trialEnd: number | null,
  namedParam = (name: string) => name,
): Pick<SubscriptionDraft, "anchor" | "anchorConfig"> {
  const params = ["billing_cycle_anchor", "billing_cycle_anchor_config"].map(namedParam);
  if (named !== undefined && config)
    throw invalid(`You may only specify one of these parameters: ${params.join(", ")}.`);
  const param = namedParam(config ? "billing_cycle_anchor_config" : "billing_cycle_anchor");
  const anchor = config ? nextOccurrence(world, config, prices, param) : named;
  if (anchor === undefined) return {};
  refusePast(world, anchor, param);
  if (trialEnd !== null && anchor < trialEnd)
    throw invalid("The billing cycle anchor cannot be before the trial's end.", undefined, param);
  const natural = Math.min(...prices.flatMap(({ recurring }) => (recurring ? periodEnd(world.now(), recurring) : [])));
  if (anchor > natural) {
    const message = `billing_cycle_anchor cannot be later than next natural billing date (${natural}) for plan`;
    throw invalid(message, undefined, param);
  }
  const { hour = null, minute = null, month = null, second = null } = config ?? {};
  return config
    ? { anchor, anchorConfig: { day_of_month: config.day_of_month, hour, minute, month, second } }
    : { anchor };
}

/** What its config leaves out is as it is now. */
function nextOccurrence(
  world: World,
  config: NonNullable<AnchorParams["billing_cycle_anchor_config"]>,
  prices: readonly Price[],
  param: string,
): number {
  for (const { recurring } of prices) {
    if (recurring?.interval === "year" || (recurring?.interval === "month" && config.month === undefined)) continue;
    if (recurring?.interval === "month")
      throw notModelled("the month of an anchor of monthly prices", `${param}[month]`);
    throw invalid(`\`${param}\` is only valid with monthly and yearly price intervals.`, undefined, param);
  }
  const now = new Date(world.now() * 1000);
  const { hour = now.getUTCHours(), minute = now.getUTCMinutes(), second = now.getUTCSeconds() } = config;
  const month = (config.month ?? now.getUTCMonth() + 1) - 1;
  const first = Date.UTC(now.getUTCFullYear(), month, 1, hour, minute, second) / 1000;
  const every = { interval: config.month === undefined ? ("month" as const) : ("year" as const), interval_count: 1 };
  return periodAround(world.now(), first, every, config.day_of_month).end;
}
