import { randomUUID } from "node:crypto";
import type { ScheduledEvent } from "aws-lambda";
import type { LocalFunction } from "../lambda/local-function.ts";
import type { ScheduleDescription } from "../stacks/description.ts";

const MINUTE_MS = 60_000;
const UNIT_MS: Record<string, number> = { minute: MINUTE_MS, hour: 60 * MINUTE_MS, day: 1440 * MINUTE_MS };
const FIRST_RUN_MS = 3000;
// setTimeout cannot wait any longer.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface ScheduleOptions {
  schedule: ScheduleDescription;
  fn: LocalFunction;
  region: string;
  /** How long a minute of the schedule lasts. Default: a minute. */
  minuteMs?: number | undefined;
  log(line: string): void;
}

/**
 * Runs a function on its schedule, for the first time shortly after the start, never twice at once.
 * @returns What stops it.
 */
export function startSchedule({ schedule, fn, region, minuteMs = MINUTE_MS, log }: ScheduleOptions): () => void {
  const rate = parseRate(schedule.expression);
  if (rate === undefined) {
    log(`${schedule.name}: ${schedule.expression} is not run locally, only rate(…) is`);
    return () => {};
  }
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const runAfter = (milliseconds: number) => {
    timer = setTimeout(run, Math.min(milliseconds, LONGEST_TIMER_MS));
    timer.unref();
  };
  const run = async () => {
    const started = performance.now();
    const { ok } = await fn.invoke(toScheduledEvent(schedule, region, new Date()));
    if (stopped) return;
    const duration = Math.round(performance.now() - started);
    log(`${schedule.name}: ${ok ? "done" : "failed"} in ${duration} ms  ${schedule.functionName}`);
    runAfter((rate * minuteMs) / MINUTE_MS - duration);
  };
  runAfter(FIRST_RUN_MS);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/**
 * The milliseconds between two runs; nothing for a `cron(…)`.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rate-expressions.html
 */
export function parseRate(expression: string): number | undefined {
  const [, value, unit = ""] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const milliseconds = Number(value) * (UNIT_MS[unit] ?? Number.NaN);
  return milliseconds > 0 ? milliseconds : undefined;
}

function toScheduledEvent({ name }: ScheduleDescription, region: string, now: Date): ScheduledEvent {
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": "Scheduled Event",
    source: "aws.events",
    account: "000000000000",
    time: `${now.toISOString().slice(0, 19)}Z`,
    region,
    resources: [`arn:aws:events:${region}:000000000000:rule/${name}`],
    detail: {},
  };
}
