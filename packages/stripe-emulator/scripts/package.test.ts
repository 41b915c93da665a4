import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const MODULES = resolve(import.meta.dirname, "../../../node_modules");
const folder = mkdtempSync(join(tmpdir(), "stripe-emulator-package-"));
const installed = join(folder, "node_modules/stripe-emulator");
afterAll(() => rmSync(folder, { recursive: true }));

/** As npm installs it into an empty folder: what the archive holds, and beside it what its package.json names. */
beforeAll(() => {
  const run = (command: string, args: string[], cwd: string) => execFileSync(command, args, { cwd, encoding: "utf8" });
  run(process.execPath, [join(import.meta.dirname, "build.mjs"), join(folder, "built")], folder);
  const archive = run("npm", ["pack", "--silent", "--pack-destination", folder], join(folder, "built"));
  mkdirSync(installed, { recursive: true });
  run("tar", ["xzf", join(folder, archive.trim()), "--strip-components=1", "-C", installed], folder);
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  for (const name of Object.keys({ ...dependencies, ...peerDependencies, "@types/node": "" })) {
    mkdirSync(dirname(join(folder, "node_modules", name)), { recursive: true });
    symlinkSync(join(MODULES, name), join(folder, "node_modules", name));
  }
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
}, 180_000);

/** The Node.js that runs the tests, and the one on the machine, as far as it is one that the package is for. */
const runtimes = ["node", process.execPath].filter((node) => {
  const [major = 0, minor = 0] = String(spawnSync(node, ["-p", "process.versions.node"]).stdout)
    .split(".")
    .map(Number);
  return major > 20 || (major === 20 && minor >= 16);
});

const APP = `
  import Stripe from "stripe";
  import { startStripeEmulator } from "stripe-emulator";
  const emulator = await startStripeEmulator();
  const stripe = new Stripe("sk_test_emulator", emulator.client);
  const price = await stripe.prices.create({ currency: "eur", unit_amount: 900, product_data: { name: "Pro" } });
  const session = await stripe.checkout.sessions.create({
    mode: "payment", line_items: [{ price: price.id, quantity: 1 }], success_url: "http://localhost/thanks",
  });
  const refused = await emulator.pay(session.url ?? "", "4000000000000002").catch((error: Error) => error.message);
  const location = await emulator.pay(session.url ?? "");
  const { payment_status: status } = await stripe.checkout.sessions.retrieve(session.id);
  await emulator.close();
  console.log(JSON.stringify({ refused, location, status }));
`;

/** What the README's example tests. */
const SELLING = `
  import { once } from "node:events";
  import { createServer } from "node:http";
  export async function startApp({ stripe }) {
    const app = { webhookSecret: "" };
    const plans = new Map();
    const server = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      const event = stripe.webhooks.constructEvent(body, request.headers["stripe-signature"], app.webhookSecret);
      if (event.type === "checkout.session.completed") plans.set(event.data.object.customer_details.email, "pro");
      response.end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    app.url = "http://127.0.0.1:" + server.address().port;
    app.planOf = async (email) => plans.get(email);
    app.sell = async (name) => {
      const price = await stripe.prices.create({ currency: "eur", unit_amount: 900, recurring: { interval: "month" }, product_data: { name } });
      return stripe.checkout.sessions.create({
        mode: "subscription", line_items: [{ price: price.id, quantity: 1 }], success_url: app.url,
      });
    };
    return app;
  }
`;

test("what is published starts and sells in a program of somebody else's, on each Node.js that is here", () => {
  writeFileSync(join(folder, "app.mjs"), APP.replaceAll("(error: Error)", "(error)"));
  expect(runtimes.length).toBeGreaterThan(0);
  for (const node of runtimes) {
    const { stdout, stderr } = spawnSync(node, ["app.mjs"], { cwd: folder, encoding: "utf8" });
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({
      refused: "The page was not paid: Your card was declined. Try another one.",
      location: "http://localhost/thanks",
      status: "paid",
    });
  }
});

test("the test that the README begins with passes, in an app that sells", () => {
  const [, example = ""] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(installed, "README.md"), "utf8")) ?? [];
  mkdirSync(join(folder, "test"));
  mkdirSync(join(folder, "src"));
  writeFileSync(join(folder, "test/plan.test.js"), example);
  writeFileSync(join(folder, "src/app.js"), SELLING);
  const vitest = spawnSync(process.execPath, [join(MODULES, "vitest/vitest.mjs"), "run"], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(vitest.stdout).toContain("1 passed");
  expect(vitest.status).toBe(0);
}, 60_000);

test("its types are found, and refuse what it does not take", () => {
  const wrong = `// @ts-expect-error a port is a number\n startStripeEmulator({ port: "12111" });`;
  const fixture = `import { test } from "stripe-emulator/vitest";\n test("", ({ stripeEmulator }) => { stripeEmulator.origin.length; });`;
  writeFileSync(join(folder, "app.ts"), `${APP}\n${wrong}\n${fixture}`);
  const options = [
    "--module",
    "nodenext",
    "--target",
    "es2022",
    "--strict",
    "--noEmit",
    "--skipLibCheck",
    "--types",
    "node",
  ];
  const { stdout } = spawnSync(join(MODULES, ".bin/tsc"), [...options, "app.ts"], { cwd: folder, encoding: "utf8" });
  expect(stdout).toBe("");
});

test("its command starts from what npm links, and ends when it is told to", async () => {
  const { bin } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  const command = join(installed, bin["stripe-emulator"]);
  expect(readFileSync(command, "utf8")).toMatch(/^#!.*node/);
  const child = spawn(runtimes[0] ?? "", [command, "--port", "0"], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  await once(child, "close");
  expect(said).toContain("--port 0 is not a port");
  for (const file of ["README.md", "CHANGELOG.md", "SKILL.md", "LICENSE"])
    expect(existsSync(join(installed, file))).toBe(true);
});

test("a Stripe that keeps its state says what it needs where there is no SQLite", () => {
  const program = `
    process.getBuiltinModule = undefined;
    const { createStripeEmulator } = await import("stripe-emulator");
    createStripeEmulator({ publicUrl: "http://localhost", stateFile: "state.jsonl" });`;
  const { stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(stderr).toContain("needs Node.js 22.13 or newer");
});
