#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { parseArgs } from "node:util";

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
  stripe-emulator                                   in memory, at http://127.0.0.1:12111
  stripe-emulator --state .stripe/state.jsonl       what happened is there again after a restart
  stripe-emulator --webhook http://localhost:3000/api/webhooks/stripe --secret whsec_local
  stripe listen --forward-to localhost:3000/webhook --no-wss --all-snapshot \\
    --api-base http://127.0.0.1:12111 --api-key sk_test_emulator

Then: new Stripe("sk_test_emulator", { host: "127.0.0.1", port: 12111, protocol: "http" })
What it holds and sent: http://127.0.0.1:12111/_emulator`;

const OPTIONS = {
  port: { type: "string", default: "12111" },
  host: { type: "string", default: "127.0.0.1" },
  "allow-remote": { type: "boolean", default: false },
  state: { type: "string" },
  webhook: { type: "string" },
  secret: { type: "string", default: "whsec_emulator" },
  help: { type: "boolean", default: false, short: "h" },
} as const;

const LOOPBACK = ["127.0.0.1", "::1", "localhost"];

/** Says in one line what is in the way, and ends. */
function fail(error: unknown): never {
  const [line] = (error instanceof Error ? error.message : String(error)).split("\n");
  console.error(`stripe-emulator: ${line} (--help lists the options)`);
  process.exit(1);
}

function readArguments() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    fail(error);
  }
}

interface Settings {
  port: number;
  host: string;
  remote: boolean;
  /** Where browsers find it. */
  publicUrl: string;
  state: string | undefined;
  webhook: string | undefined;
  secret: string;
}

function checkArguments({ port: portText, host, "allow-remote": remote, ...rest }: ReturnType<typeof readArguments>) {
  const { state, webhook, secret } = rest;
  const port = Number(portText);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    fail(`--port ${portText} is not a port: give a number up to 65535.`);
  if (!LOOPBACK.includes(host) && !remote)
    fail(`--host ${host} would let other machines in. If that is meant, add --allow-remote.`);
  if (webhook !== undefined && !/^https?:\/\/[^/]/.test(webhook))
    fail(`--webhook ${webhook} is not an address: give one such as http://localhost:3000/webhook.`);
  // Those two stand for every address, and are none themselves.
  const shown = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return { port, host, remote, publicUrl: `http://${shown}:${port}`, state, webhook, secret } satisfies Settings;
}

async function run({ port, host, remote, publicUrl, state, webhook, secret }: Settings): Promise<void> {
  const { startStripeEmulator } = await import("./index.ts");
  const emulator = await startStripeEmulator({
    port,
    host,
    publicUrl,
    ...(state === undefined ? {} : { stateFile: state }),
    anyHost: remote,
    webhookEndpoints: webhook === undefined ? [] : [{ url: webhook, secret, enabledEvents: ["*"] }],
    log: console.log,
  }).catch((error: NodeJS.ErrnoException) =>
    fail(error.code === "EADDRINUSE" ? `Port ${port} is in use: choose another with --port.` : error),
  );
  console.log(`Stripe emulator on ${publicUrl}\nWhat it holds and sent: ${publicUrl}/_emulator`);
  const stop = async () => {
    await emulator.close();
    process.exit(0);
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);
}

const given = readArguments();
if (given.help) console.log(HELP);
else await run(checkArguments(given)).catch(fail);
