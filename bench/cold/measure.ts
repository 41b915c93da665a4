import { Lambda, type LambdaOptions } from "../../test/artifacts/lambda.ts";

/** In milliseconds since the process was started; `warm` is a later call alone. */
export interface Times {
  init: number;
  firstCall: number;
  warm: number;
}

export interface Subject extends LambdaOptions {
  name: string;
  createEvent(): unknown;
  /** The status of the one answer that counts, where it is no success. */
  refused?: number | undefined;
}

const WARM_CALLS = 10;

/**
 * Starts each function as often as asked, taking turns, so that what else the machine does falls on all alike.
 * @returns the medians
 * @throws when one answers otherwise than it should
 */
export async function measure(subjects: Subject[], rounds: number): Promise<Map<string, Times>> {
  const samples = new Map<string, Times[]>(subjects.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) samples.get(subject.name)?.push(await runOnce(subject));
  }
  return new Map(
    [...samples].map(([name, times]) => [
      name,
      {
        init: median(times.map(({ init }) => init)),
        firstCall: median(times.map(({ firstCall }) => firstCall)),
        warm: median(times.map(({ warm }) => warm)),
      },
    ]),
  );
}

async function runOnce(subject: Subject): Promise<Times> {
  const lambda = await Lambda.start(subject);
  try {
    const first = await invoke(lambda, subject);
    const warm: number[] = [];
    for (let call = 0; call < WARM_CALLS; call++) {
      const began = performance.now();
      await invoke(lambda, subject);
      warm.push(performance.now() - began);
    }
    return { init: await lambda.initializedAtMs, firstCall: first.atMs, warm: median(warm) };
  } finally {
    await lambda.close();
  }
}

async function invoke(lambda: Lambda, { name, createEvent, refused }: Subject) {
  const invocation = await lambda.invoke(createEvent());
  const { statusCode = 200, batchItemFailures = [] } = (invocation.payload ?? {}) as {
    statusCode?: number;
    batchItemFailures?: unknown[];
  };
  const isAnswered = refused === undefined ? statusCode < 400 : statusCode === refused;
  if (invocation.ok && isAnswered && batchItemFailures.length === 0) return invocation;
  throw new Error(`${name} answered ${JSON.stringify(invocation.payload)}\n${lambda.log}`);
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
