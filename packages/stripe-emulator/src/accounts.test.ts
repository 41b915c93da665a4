import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openBench } from "./testing/bench.ts";

const accountOf = async (stateFile?: string) => {
  const bench = await openBench(stateFile === undefined ? {} : { stateFile });
  try {
    return await bench.stripe.accounts.retrieveCurrent();
  } finally {
    await bench.close();
  }
};

test("a state file keeps its account; another has another one", async () => {
  const folder = mkdtempSync(join(tmpdir(), "stripe-account-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [one, other] = [join(folder, "one.jsonl"), join(folder, "other.jsonl")];
  const { id, object, country } = await accountOf(one);
  expect({ id, object, country }).toEqual({
    id: expect.stringMatching(/^acct_\w{16}$/),
    object: "account",
    country: "US",
  });
  expect((await accountOf(one)).id).toBe(id);
  expect((await accountOf(other)).id).not.toBe(id);
});

test("a reset leaves the account, a restore brings back the snapshot's; others are out of reach", async () => {
  const bench = await openBench();
  onTestFinished(() => bench.close());
  const { stripe } = bench;
  const control = async (path: string, body: unknown = {}) => {
    const headers = { authorization: "Bearer sk_test_x", "content-type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    return (await fetch(`${bench.origin}/_emulator/${path}`, init)).json();
  };
  const { id } = await stripe.accounts.retrieveCurrent();
  const snapshot = await control("snapshot");
  await control("reset");
  expect((await stripe.accounts.retrieveCurrent()).id).toBe(id);
  const another = await openBench();
  onTestFinished(() => another.close());
  const { id: theirs } = await another.stripe.accounts.retrieveCurrent();
  expect(theirs).not.toBe(id);
  await fetch(`${another.origin}/_emulator/restore`, {
    method: "POST",
    headers: { authorization: "Bearer sk_test_x" },
    body: JSON.stringify(snapshot),
  });
  expect((await another.stripe.accounts.retrieveCurrent()).id).toBe(id);
  expect((await stripe.accounts.retrieve(id)).id).toBe(id);
  await expect(stripe.accounts.retrieve(theirs)).rejects.toMatchObject({ statusCode: 403, code: "account_invalid" });
});
