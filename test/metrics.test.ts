import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { event, product } from "./builders.ts";
import { startWorld, WAIT, type World } from "./world.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld();
}, 60_000);
afterAll(() => world?.close());

interface MetricLine {
  _aws: {
    CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] }[];
  };
  [metric: string]: unknown;
}

/** The lines of a function that are JSON, without the function's name in front. */
const logged = (source: string) =>
  world.lines
    .filter((line) => line.startsWith(`${source} {`))
    .map((line) => JSON.parse(line.slice(source.length)) as Record<string, unknown>);
const metricLines = (source: string) => logged(source).filter((line) => "_aws" in line) as unknown as MetricLine[];
const sum = (source: string, metric: string) =>
  metricLines(source).reduce((total, line) => total + Number(line[metric] ?? 0), 0);

it("what became of every delivery and every event is counted", async () => {
  const now = Math.floor(Date.now() / 1000);
  const shown = product();
  const first = event("product.created", shown, now - 60);
  const old = { ...event("product.updated", shown, now - 120), api_version: "2024-06-20" };
  for (const { id, payload } of [first, first, old].map((sent) => ({ id: sent.id, payload: JSON.stringify(sent) }))) {
    expect((await world.deliver(payload)).status).toBe(200);
    await vi.waitFor(
      () => expect(logged("apply-stripe-events").some(({ eventId }) => eventId === id)).toBe(true),
      WAIT,
    );
  }
  expect((await world.deliver(JSON.stringify(first), "whsec_wrong")).status).toBe(400);

  await vi.waitFor(() => {
    expect(sum("receive-stripe-event", "received")).toBeGreaterThanOrEqual(3);
    expect(sum("receive-stripe-event", "apiVersionMismatch")).toBe(1);
    expect(sum("receive-stripe-event", "rejected")).toBe(1);
    expect(sum("apply-stripe-events", "applied")).toBeGreaterThanOrEqual(1);
    expect(sum("apply-stripe-events", "duplicate")).toBe(1);
    expect(sum("apply-stripe-events", "stale")).toBeGreaterThanOrEqual(1);
    expect(sum("apply-stripe-events", "failed")).toBe(0);
  }, WAIT);
  const lags = metricLines("apply-stripe-events").flatMap(({ lag }) => (lag as number[] | undefined) ?? []);
  expect(lags.some((seconds) => seconds >= 60)).toBe(true);
});

it("a metric line has one value for each metric that it declares, and says which stage it is of", () => {
  const lines = ["receive-stripe-event", "apply-stripe-events"].flatMap(metricLines);
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) {
    const [declared, ...others] = line._aws.CloudWatchMetrics;
    expect(others).toEqual([]);
    expect(declared).toMatchObject({ Namespace: "Turnpike", Dimensions: [["app", "stage"]] });
    const names = declared?.Metrics.map(({ Name }) => Name);
    const { _aws, app, stage, ...values } = line;
    expect([app, stage]).toEqual(["turnpike", "local"]);
    expect(names).toEqual(Object.keys(values));
  }
});

it("the delivery and what became of its event are found by the event's id", async () => {
  const sent = event("product.created", product(), Math.floor(Date.now() / 1000) - 30);
  await world.deliver(JSON.stringify(sent));
  const found = { eventId: sent.id, type: sent.type, requestId: expect.any(String) };
  await vi.waitFor(() => {
    expect(logged("receive-stripe-event")).toContainEqual(expect.objectContaining({ ...found, status: 200 }));
    expect(logged("apply-stripe-events")).toContainEqual(
      expect.objectContaining({ ...found, outcome: "applied", lagSeconds: expect.any(Number) }),
    );
  }, WAIT);
});
