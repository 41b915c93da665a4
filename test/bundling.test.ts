import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BuildResult, bundle } from "@turnpike/local/testing/bundle";
import Stripe from "stripe";
import { afterAll, expect, it } from "vitest";
import { bundling } from "../stacks/bundling/index.ts";

const folder = mkdtempSync(join(tmpdir(), "turnpike-bundling-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Bundles a function of this name, as SST does with the stacks' options. */
async function build(name: string, code: string): Promise<BuildResult> {
  writeFileSync(join(folder, `${name}.ts`), code);
  let result: BuildResult | undefined;
  await bundle([{ name, handler: join(folder, `${name}.handler`), nodejs: bundling }], {
    root: process.cwd(),
    outDir: join(folder, "out"),
    watch: false,
    onBuilt: (_, built) => {
      result = built;
    },
  });
  if (!result) throw new Error("nothing was built");
  return result;
}

async function run(result: BuildResult): Promise<unknown> {
  if ("errors" in result) throw new Error(result.errors.join("\n"));
  const { handler } = createRequire(import.meta.url)(result.file); // past vitest's own loader
  return handler();
}

it("a function over its budget does not build, and says what is large", async () => {
  const code = `export const handler = () => ${JSON.stringify("x".repeat(61_000))};`;
  const result = await build("receive-stripe-event", code);
  expect(result).toEqual({
    errors: [
      expect.stringMatching(/receive-stripe-event is 62\.\d KB, over its budget of 60 KB.*\n +61\.0 KB {2}.*\.ts/),
    ],
  });
});

it("a function without a budget does not build", async () => {
  const result = await build("send-postcards", "export const handler = () => 1;");
  expect(result).toEqual({ errors: [expect.stringContaining("send-postcards has no budget")] });
});

const STRIPE = `import Stripe from "${import.meta.resolve("stripe").replace("file://", "")}";`;

it("what was left out says so by name when it is used; the rest works", async () => {
  const code = `${STRIPE} const stripe = new Stripe("sk_test_x", { host: "127.0.0.1", port: 9, protocol: "http", maxNetworkRetries: 0 });
    export const handler = () => [
      () => stripe.accounts.list(),
      () => stripe.webhooks.constructEvent("", "", ""),
      () => stripe.products.list().catch((error) => error.type),
    ].map((use) => { try { return use(); } catch (error) { return error.message; } });`;
  const [accounts, webhooks, products] = (await run(await build("health", code))) as unknown[];
  expect(accounts).toContain('"list" of a library was left out of this bundle');
  expect(webhooks).toContain('"constructEvent" of a library was left out of this bundle');
  expect(await products).toBe("StripeConnectionError");
});

it("signatures are checked by Stripe's own code, without the rest of its client", async () => {
  const payload = JSON.stringify({
    id: "evt_1",
    type: "product.created",
    created: 1_790_000_000,
    livemode: false,
    data: { object: {} },
  });
  const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret: "whsec_x" });
  const code = `import { verifyEvent } from "${join(process.cwd(), "packages/core/src/webhook/index.ts")}";
    export const handler = () => ["whsec_x", "whsec_y"].map((secret) => {
      try { return verifyEvent('${payload}', "${signature}", [secret]).id; } catch (error) { return error.code; }
    });`;
  const result = await build("receive-stripe-event", code);
  expect(await run(result)).toEqual(["evt_1", "invalid_signature"]);
  expect("file" in result && statSync(result.file).size).toBeLessThan(20_000);
});

it("what a function calls fetch and Headers, to ask Stripe and Supabase, is not Node's own, which loads slowly", async () => {
  const code = `export const handler = () => [fetch === globalThis.fetch, Headers === globalThis.Headers];`;
  expect(await run(await build("reconcile", code))).toEqual([false, false]);
});
