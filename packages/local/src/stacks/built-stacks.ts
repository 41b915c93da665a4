import type { Environment } from "@turnpike/settings/dotenv";
import { linkNodeModules } from "../lambda/functions.ts";
import type { SystemDescription } from "./description.ts";
import type { Build } from "./stacks-thread.ts";
import { type RunningStacks, startStacks } from "./start-stacks.ts";

/** Stacks that were read and bundled once, for many systems. Plain data. */
export interface BuiltStacks {
  /** What they were read with: each value stands for the one that a system has in its place. */
  environment: Environment;
  system: SystemDescription;
  builds: Build[];
}

const STAND_INS = {
  SITE_URL: "https://site.stand-in.example",
  ALLOWED_ORIGINS: "https://origin.stand-in.example",
  SUPABASE_URL: "https://supabase.stand-in.example",
  SUPABASE_PUBLISHABLE_KEY: "sb_publishable_stand_in",
  STRIPE_PUBLISHABLE_KEY: "pk_test_stand_in",
  STRIPE_API_BASE: "https://stripe.stand-in.example",
} satisfies Environment;

/** Reads and bundles the stacks of a project into a folder, which must stay as long as they are used. */
export async function buildStacks(root: string, outDir: string): Promise<BuiltStacks> {
  linkNodeModules(root, outDir);
  const { PATH = "" } = process.env; // the stacks ask git for the build's name
  const stacks = await startStacks({ root, outDir, watch: false, environment: { ...STAND_INS, PATH } });
  const builds = await collectBuilds(stacks);
  await stacks.close();
  return { environment: STAND_INS, system: stacks.system, builds };
}

/** One of each function, well or not. */
export function collectBuilds({ system, onBuild }: RunningStacks): Promise<Build[]> {
  const builds: Build[] = [];
  return new Promise((resolve) => {
    onBuild((build) => {
      builds.push(build);
      if (builds.length === system.functions.length) resolve(builds);
    });
  });
}

/**
 * The stacks for a system with these settings.
 * @returns Nothing when it has a setting beyond those that were stood in for: the stacks may look otherwise with it.
 */
export function reuseStacks(built: BuiltStacks, environment: Environment): RunningStacks | undefined {
  const { PATH: _, ...settings } = environment;
  const names = Object.keys(built.environment);
  if (Object.keys(settings).some((name) => !names.includes(name))) return undefined;
  if (names.some((name) => settings[name] === undefined)) return undefined;
  let described = JSON.stringify(built.system);
  for (const [name, standIn = ""] of Object.entries(built.environment))
    described = described.replaceAll(JSON.stringify(standIn), () => JSON.stringify(settings[name]));
  return {
    system: JSON.parse(described),
    onBuild: (listener) => built.builds.forEach(listener),
    close: async () => {},
  };
}
