import { relative, resolve } from "node:path";
import type { Clients } from "@turnpike/core/clients";
import { createStripe } from "@turnpike/core/stripe";
import { createServiceClient } from "@turnpike/core/supabase";
import { assertSettings, readSetting, SettingError, type SettingName } from "@turnpike/settings";
import { type Environment, loadEnvironment } from "@turnpike/settings/dotenv";
import { findRunning, isAlive, type Running } from "@turnpike/settings/running";
import { CliError, EXIT } from "../exit-codes.ts";

/** The system that a command works on. */
export interface Target {
  kind: "local" | "environment" | "stage";
  /** As in "stage prod". */
  name: string;
  /** A deployed stage's name. */
  stage?: string;
  stripe: {
    secretKey: string;
    /** Nothing for Stripe itself. */
    apiBase?: string | undefined;
    webhookSecret?: string | undefined;
  };
  supabase: { url: string; secretKey: string };
  /** Where the web app is, if that is known. */
  siteUrl?: string | undefined;
  /** The local system that runs, where that is what is worked on. */
  running?: Running;
  /** All that was set: for what else a command wants to know. */
  environment: Environment;
  /** Made of the keys. */
  clients: Clients;
}

const NEEDED = ["STRIPE_SECRET_KEY", "SUPABASE_URL", "SUPABASE_SECRET_KEY"] as const satisfies SettingName[];

/**
 * Finds the system to work on: the stage that is named; else what the environment and `.env` name, if they name all of it; else
 * the local system that runs.
 * @param root the project's folder
 * @param real what stands above `.env`; default: this process' environment
 * @throws CliError when there is none
 */
export function resolveTarget(root: string, stage: string | undefined, real?: Environment): Target {
  if (stage !== undefined) return stageTarget(root, stage, real);
  const environment = loadEnvironment(root, real);
  const dataDir = resolve(root, readSetting("TURNPIKE_DATA_DIR", environment));
  const running = findRunning(dataDir);
  if (NEEDED.every((name) => environment[name])) {
    const url = read("SUPABASE_URL", environment);
    // `npm start` on these very keys has queues as well.
    if (running && isAlive(running) && running.supabase.url === url) return localTarget(running, environment);
    return environmentTarget({ kind: "environment", name: "the environment and .env" }, environment);
  }
  if (!running) throw nothingToWorkOn();
  if (!isAlive(running)) {
    throw new CliError(
      `The local system in ${relative(process.cwd(), dataDir) || "."} was killed: it is not running. Start it again: npm start`,
    );
  }
  return localTarget(running, environment);
}

function stageTarget(root: string, stage: string, real: Environment | undefined): Target {
  if (!/^[a-zA-Z][\w-]*$/.test(stage)) throw new CliError(`"${stage}" is no stage's name.`, EXIT.usage);
  const environment = loadEnvironment(root, real, `.env.${stage}`);
  const missing = NEEDED.filter((name) => !environment[name]);
  if (missing.length > 0) {
    throw new CliError(
      `The stage ${stage} is reached by its keys: set ${missing.join(", ")} in .env.${stage} or in the environment.`,
    );
  }
  return environmentTarget({ kind: "stage", name: `stage ${stage}`, stage }, environment);
}

function nothingToWorkOn(): CliError {
  return new CliError(
    "There is no system to work on. Start the local one with npm start; or name a deployed one with --stage NAME; " +
      `or set ${NEEDED.join(", ")} in .env.`,
  );
}

function environmentTarget(which: Pick<Target, "kind" | "name" | "stage">, environment: Environment): Target {
  // Whatever is wrong there is wrong with the system, too. And a key in another one's place would be sent to somebody whom it is not for.
  orSay(() => assertSettings("deployed", environment));
  const find = (name: SettingName) => (environment[name] ? String(read(name, environment)) : undefined);
  return withClients({
    ...which,
    stripe: {
      secretKey: read("STRIPE_SECRET_KEY", environment),
      apiBase: read("STRIPE_API_BASE", environment),
      webhookSecret: find("STRIPE_WEBHOOK_SECRET"),
    },
    supabase: { url: read("SUPABASE_URL", environment), secretKey: read("SUPABASE_SECRET_KEY", environment) },
    siteUrl: find("SITE_URL"),
    environment,
  });
}

function localTarget(running: Running, environment: Environment): Target {
  const { stripe, supabase, siteUrl } = running;
  const name = `the local system at ${running.url}`;
  return withClients({ kind: "local", name, stripe, supabase, siteUrl, running, environment });
}

function withClients(target: Omit<Target, "clients">): Target {
  return {
    ...target,
    clients: { stripe: createStripe(target.stripe), supabase: createServiceClient(target.supabase) },
  };
}

/** What is worked on, in one line that gives no key away. */
export function describeTarget({ name, kind, clients, stripe, supabase }: Target): string {
  const mode = clients.stripe.livemode ? "LIVE mode" : "test mode";
  const server = stripe.apiBase ? `Stripe at ${stripe.apiBase}` : "Stripe";
  return kind === "local" ? `On ${name}, ${mode}` : `On ${name}: ${server} in ${mode}, ${supabase.url}`;
}

const read = <Name extends SettingName>(name: Name, environment: Environment) =>
  orSay(() => readSetting(name, environment));

function orSay<Result>(readSettings: () => Result): Result {
  try {
    return readSettings();
  } catch (error) {
    throw error instanceof SettingError ? new CliError(error.message) : error;
  }
}
