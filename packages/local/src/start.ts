import { join, resolve } from "node:path";
import { createStripe } from "@turnpike/core/stripe";
import { createServiceClient } from "@turnpike/core/supabase";
import { type Environment, loadEnvironment } from "@turnpike/settings/dotenv";
import { announceRunning, type Running } from "@turnpike/settings/running";
import { listen } from "./address.ts";
import { type Aws, startAws } from "./aws.ts";
import { Closers } from "./closers.ts";
import { checkConfigFile } from "./config-file.ts";
import { lockDataDir } from "./data-dir.ts";
import { createLocalPage } from "./local-page/index.ts";
import type { Log } from "./log.ts";
import { assertMadeWith } from "./made-with.ts";
import { type SupabaseStorage, startStripe, startSupabase, startWeb } from "./parts.ts";
import type { QueueDepth } from "./queue/sqs.ts";
import { createRouter, createUpgradeRouter } from "./router.ts";
import { seedCatalogue } from "./seed/catalogue.ts";
import {
  readDataDir,
  readPort,
  readSettings,
  type Settings,
  stacksEnvironment,
  stacksSecrets,
} from "./settings/settings.ts";
import type { BuiltStacks } from "./stacks/built-stacks.ts";
import type { SystemDescription } from "./stacks/description.ts";
import type { EmbeddedSupabase, Providers } from "./supabase/index.ts";

export const PROJECT_ROOT = resolve(import.meta.dirname, "../../..");

export interface LocalOptions {
  /** The project's folder, with `sst.config.ts`. */
  root?: string;
  /** Default: `.env` under the environment of this process. */
  environment?: Environment;
  /** Overrides TURNPIKE_DATA_DIR. */
  dataDir?: string;
  /** Overrides PORT; 0 takes a free one. */
  port?: number;
  /** Whether Supabase and SQS keep what they hold in memory only: they start and answer faster, for tests. Default: false. */
  inMemory?: boolean;
  /** Whether to serve the web app; `built`: as a deploy builds it, for tests. Default: true. */
  web?: boolean | "built";
  /** Stacks that were built before, by `buildStacks`: for tests. */
  stacks?: BuiltStacks;
  /** Whether to bundle anew on every save. Default: true. */
  watch?: boolean;
  /** Whether to run what is on a schedule. Default: true. */
  schedules?: boolean;
  /** How long a minute of a schedule lasts, for tests. Default: a minute. */
  minuteMs?: number;
  /** Whether to put the demo's products into an emulated Stripe. Default: true. */
  seed?: boolean;
  /** How soon a message that a consumer has failed is tried again. Default: when the queue's visibility timeout ends. */
  retryAfterSeconds?: number;
  /** Accounts elsewhere that the embedded Supabase lets people sign in with: for tests. Default: none. */
  providers?: Providers;
  log?: Log;
  /** A step of the start is done. */
  onStep?: (what: string) => void;
}

export interface Local {
  /** The one address of everything. */
  url: string;
  dataDir: string;
  settings: Settings;
  system: SystemDescription;
  /** SQL as the owner. @throws When a hosted project is used. */
  query: EmbeddedSupabase["query"];
  /** By the queue's name in the stacks, e.g. `StripeEventsDlq`. @throws When there is none. */
  getQueueDepth(name: string): QueueDepth;
  close(): Promise<void>;
}

/**
 * Runs the whole system on this machine, under one address: what `sst.config.ts` describes, with the handlers that
 * are deployed, and a stand-in for each service that they need.
 * @throws UserError when something is in the way that the caller can mend, e.g. a port in use.
 */
export async function startLocal(options: LocalOptions = {}): Promise<Local> {
  const closers = new Closers();
  try {
    return await start(options, closers);
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function start(options: LocalOptions, closers: Closers): Promise<Local> {
  const { root = PROJECT_ROOT, watch = true, log = () => {}, onStep = () => {} } = options;
  const environment = options.environment ?? loadEnvironment(root);
  await checkConfigFile(root, environment);
  const dataDir = resolve(root, options.dataDir ?? readDataDir(root, environment));
  const address = closers.add(await listen(options.port ?? readPort(environment)));
  closers.add(lockDataDir(dataDir));
  const settings = readSettings(environment, dataDir, address.port);
  onStep(`Listening on ${settings.publicUrl}`);

  const supabaseStarting = closers.addStarting(
    startSupabase(settings, root, supabaseStorage(options, root, dataDir), options.providers),
  );
  // Both start at once, and Stripe may have events from an earlier run that wait for EventBridge.
  const awsReady = Promise.withResolvers<Aws>();
  const put: Aws["putPartnerEvent"] = async (event) => (await awsReady.promise).putPartnerEvent(event);
  const stripeStarting = closers.addStarting(startStripe(settings, dataDir, put, log));
  const stacksEnv = stacksEnvironment(environment, settings);
  // A secret that the stacks have beside ours is set by its name.
  const secrets = { ...environment, ...stacksSecrets(settings) };
  const aws = closers.add(await startAws({ ...options, root, dataDir, environment: stacksEnv, secrets, watch, log }));
  awsReady.resolve(aws);
  onStep("Stacks read, queues open");
  const siteDir = options.web === "built" ? join(dataDir, "site") : undefined;
  const web =
    options.web === false ? undefined : closers.add(await startWeb(settings, root, aws.system, address, siteDir));
  const [supabase, stripe] = await Promise.all([supabaseStarting, stripeStarting]);
  await assertMadeWith(dataDir, { settings, embedded: supabase, emulator: stripe }, log);
  onStep("Supabase, Stripe and the web app are up");
  await aws.built;
  onStep("Functions built");

  const localPage = createLocalPage({ settings, aws, supabase });
  const origins = [settings.siteUrl, ...settings.allowedOrigins];
  const parts = { api: aws.api, supabase: supabase?.fetch, stripe: stripe?.fetch, localPage, web: web?.listener };
  address.serve(createRouter({ ...parts, origins }));
  if (stripe) address.server.on("upgrade", createUpgradeRouter(stripe.upgrade, web !== undefined && !siteDir));
  aws.startConsumers();
  if (options.schedules !== false) aws.startSchedules();
  if (stripe && options.seed !== false)
    await seedCatalogue({ stripe: createStripe(settings.stripe), supabase: createServiceClient(settings.supabase) });
  closers.add(announceRunning(dataDir, runningOf(settings, aws)));
  return {
    url: settings.publicUrl,
    dataDir,
    settings,
    system: aws.system,
    async query(sql, params) {
      if (!supabase) throw new Error("A hosted Supabase is used: query it there.");
      return supabase.query(sql, params);
    },
    getQueueDepth: aws.getQueueDepth,
    close: () => closers.close(),
  };
}

function runningOf({ publicUrl, siteUrl, stripe, supabase }: Settings, { sqs }: Aws): Running {
  const { secretKey, webhookSecret, apiBase } = stripe;
  return {
    pid: process.pid,
    url: publicUrl,
    siteUrl,
    stripe: { secretKey, webhookSecret, ...(apiBase && { apiBase }) },
    supabase: { url: supabase.url, publishableKey: supabase.publishableKey, secretKey: supabase.secretKey },
    sqs,
  };
}

function supabaseStorage({ inMemory }: LocalOptions, root: string, dataDir: string): SupabaseStorage {
  return inMemory
    ? { snapshotDir: join(root, "node_modules/.cache/turnpike") }
    : { dataDir: join(dataDir, "postgres") };
}
