import { readFileSync, renameSync, symlinkSync, unlinkSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createStripeEmulator } from "./index.ts";
import { openBench, until } from "./testing/bench.ts";

const headers = { authorization: "Bearer sk_test_anything" };

test("no foreign name reaches the API, a control or a page", async () => {
  const emulator = createStripeEmulator({ publicUrl: "http://shop.example:3000" });
  onTestFinished(() => emulator.close());
  const statusOf = async (url: string, method = "GET") =>
    (await emulator.fetch(new Request(url, { method, headers }))).status;
  for (const path of [
    "/v1/customers",
    "/_emulator",
    "/_emulator/faults",
    "/c/pay/cs_test_x",
    "/p/session/x",
    "/v2/core/events",
  ])
    expect(await statusOf(`http://evil.example${path}`), path).toBe(403);
  for (const path of ["/_emulator/snapshot", "/_emulator/webhook_endpoints/we_1/roll", "/v1/webhook_endpoints"])
    expect(await statusOf(`http://evil.example${path}`, "POST"), path).toBe(403);
  for (const host of ["localhost:1", "127.0.0.1:1", "[::1]:1", "shop.example:3000"])
    expect(await statusOf(`http://${host}/v1/customers`), host).toBe(200);
});

test("an emulator that other machines reach answers to any name", async () => {
  const emulator = createStripeEmulator({ publicUrl: "http://127.0.0.1:1", anyHost: true });
  onTestFinished(() => emulator.close());
  const answer = await emulator.fetch(new Request("http://stripe:12111/v1/customers", { headers }));
  expect(answer.status).toBe(200);
});

test.skipIf(process.platform !== "linux")(
  "a full disk is told in one line, and loses nothing that was answered",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "emulator-full-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const [stateFile, aside] = [join(folder, "state.jsonl"), join(folder, "aside.jsonl")];
    const log: string[] = [];
    const bench = await openBench({ stateFile, webhookEndpoints: [], log: (line) => void log.push(line) });
    await bench.stripe.products.create({ name: "before" });
    renameSync(stateFile, aside);
    symlinkSync("/dev/full", stateFile);
    const options = { idempotencyKey: "while" };
    const full = bench.stripe.products.create({ name: "while" }, options);
    await expect(full).rejects.toMatchObject({ statusCode: 500, message: expect.stringContaining("ENOSPC") });
    await expect(bench.stripe.products.create({ name: "refused" })).rejects.toMatchObject({ statusCode: 500 });
    expect((await bench.stripe.products.list()).data).toHaveLength(2);
    expect(log.filter((line) => line.includes("no space left"))).not.toEqual([]);
    unlinkSync(stateFile);
    renameSync(aside, stateFile);
    await until(() => readFileSync(stateFile, "utf8").includes('"while"'));
    await bench.stripe.products.create({ name: "while" }, options);
    await bench.close();
    const again = await openBench({ stateFile, webhookEndpoints: [] });
    onTestFinished(() => again.close());
    expect((await again.stripe.products.list()).data.map(({ name }) => name)).toEqual(["while", "before"]);
  },
);
