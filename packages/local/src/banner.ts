import { join, relative } from "node:path";
import { createStripe } from "@turnpike/core/stripe";
import { webhookUrl } from "./parts.ts";
import type { Local } from "./start.ts";

export const HELP = `Runs Turnpike on this machine: no account, no Docker.

  npm start                      everything under http://localhost:3000
  npm start -- --fresh           the same, beginning anew: deletes the data folder first
  PORT=4000 npm start            under another address
  TURNPIKE_DATA_DIR=.turnpike-2 npm start
                                 with another data folder
  npm start -- --json            says all that the functions log, as they log it
  STRIPE_SECRET_KEY=sk_test_… npm start
                                 with your Stripe account instead of the emulator

All variables, which may stand in .env too, are in .env.example.`;

/** Says once where everything is. */
export function banner(
  { url, dataDir, settings }: Pick<Local, "url" | "dataDir" | "settings">,
  seconds: string,
): string {
  const { stripe, supabase } = settings;
  const keys = join(relative(process.cwd(), dataDir) || ".", "settings.json");
  const rows: [string, string][] = [
    ["App", url],
    ["Sign in", signIn(supabase)],
    ...(stripe.emulated ? emulatorRows(url) : [realStripe(stripe.apiBase)]),
    ["Here", `${url}/_local shows the e-mails that would have gone out, the queues and the ledger`],
    ["API", `${url}/api/health`],
    ...(stripe.eventDestination === "eventbridge" ? [] : [["Webhooks", webhookUrl(url)] satisfies [string, string]]),
    ...(stripe.eventDestination === "webhook" ? [] : [["Events", stripe.eventSource] satisfies [string, string]]),
    ["Supabase", supabase.embedded ? `${url}  (keys: ${keys})` : supabase.url],
    ["Data", `${relative(process.cwd(), dataDir) || "."}  (npm start -- --fresh begins anew)`],
  ];
  const lines = rows.map(([name, value]) => `  ${name.padEnd(10)} ${value}`);
  const title = `  Turnpike is ready, after ${seconds} s. Ctrl-C stops it${process.stdin.isTTY ? ", Enter shows this again" : ""}.`;
  return ["", title, "", ...lines, ...liveKeyHint(settings), ...unsignedWebhookHint(settings, url), ""].join("\n");
}

/** What is said as it stops. */
export function goodbye({ dataDir }: Pick<Local, "dataDir">): string {
  return `\n  Stopping. What was bought is kept in ${relative(process.cwd(), dataDir) || "."}: the next npm start goes on with it.`;
}

function signIn({ embedded }: Local["settings"]["supabase"]): string {
  return embedded
    ? "sign up with any e-mail and password; nothing has to be confirmed"
    : "with a user of the project; those who sign up confirm their e-mail, if the project asks for it";
}

function emulatorRows(url: string): [string, string][] {
  return [
    ["Cards", "4242 4242 4242 4242 pays, 4000 0000 0000 0002 is declined"],
    ["Stripe", `emulated: ${url}/_emulator shows what it holds and sent; STRIPE_SECRET_KEY takes your own account`],
  ];
}

function realStripe(apiBase: string | undefined): [string, string] {
  return ["Stripe", apiBase ?? "your account, by STRIPE_SECRET_KEY"];
}

function liveKeyHint({ stripe }: Local["settings"]): string[] {
  if (!createStripe(stripe).livemode) return [];
  return [
    "",
    "  STRIPE_SECRET_KEY is a live key: what is bought or cancelled here is bought and cancelled, with real money.",
    "  To try things out, set it to a test key, sk_test_… or rk_test_…",
  ];
}

function unsignedWebhookHint({ stripe }: Local["settings"], url: string): string[] {
  if (stripe.emulated || !stripe.webhookSecretGenerated) return [];
  return [
    "",
    `  Stripe's events need a signing secret: run  stripe listen --forward-to ${webhookUrl(url)}`,
    "  and set STRIPE_WEBHOOK_SECRET to the whsec_… that it prints.",
  ];
}
