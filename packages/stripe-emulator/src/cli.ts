#!/usr/bin/env node
import { parseArgs } from "node:util";
import { serve } from "@hono/node-server";
import { createStripeEmulator } from "./index.ts";

const HELP = `stripe-emulator: a stateful Stripe for development and tests, on 127.0.0.1

Usage: stripe-emulator [options]
  --port <number>    where to listen (default 12111)
  --host <address>   where to listen (default 127.0.0.1); beyond this machine only with --allow-remote
  --allow-remote     let other machines in: any test key opens everything
  --state <file>     keep the state in this file (default: in memory only)
  --webhook <url>    send all events there, signed
  --secret <secret>  what to sign them with (default whsec_emulator)
  --help             this text

Examples:
  stripe-emulator --port 12111
  stripe-emulator --state .stripe/state.jsonl
  stripe-emulator --webhook http://localhost:3000/api/webhooks/stripe --secret whsec_local

Then: new Stripe("sk_test_emulator", { host: "127.0.0.1", port: 12111, protocol: "http" })`;

const OPTIONS = {
  port: { type: "string", default: "12111" },
  host: { type: "string", default: "127.0.0.1" },
  "allow-remote": { type: "boolean", default: false },
  state: { type: "string" },
  webhook: { type: "string" },
  secret: { type: "string", default: "whsec_emulator" },
  help: { type: "boolean", default: false },
} as const;

const LOOPBACK = ["127.0.0.1", "::1", "localhost"];

function fail(message: string): never {
  console.error(`${message}\nRun stripe-emulator --help for what it takes.`);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}

function main(): void {
  const { help, port: portText, host, "allow-remote": remote, state, webhook, secret } = readArguments();
  if (help) {
    console.log(HELP);
    return;
  }
  const port = Number(portText);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    fail(`--port ${portText} is not a port: give a number up to 65535.`);
  if (!LOOPBACK.includes(host) && !remote)
    fail(`--host ${host} would let other machines in. If that is meant, add --allow-remote.`);
  if (webhook !== undefined && !URL.canParse(webhook))
    fail("--webhook is not an address: give one such as http://localhost:3000/webhook.");
  const emulator = createStripeEmulator({
    publicUrl: `http://127.0.0.1:${port}`,
    ...(state === undefined ? {} : { stateFile: state }),
    webhookEndpoints: webhook === undefined ? [] : [{ url: webhook, secret, enabledEvents: ["*"] }],
    log: console.log,
  });
  const server = serve({ fetch: emulator.fetch, port, hostname: host }, (address) =>
    console.log(`Stripe emulator on http://127.0.0.1:${address.port}`),
  );
  server.on("upgrade", emulator.upgrade);
  server.on("error", (error: NodeJS.ErrnoException) => {
    fail(error.code === "EADDRINUSE" ? `Port ${port} is in use: choose another with --port.` : error.message);
  });
  const stop = async () => {
    server.close();
    await emulator.close();
    process.exit(0);
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);
}

main();
