import { createCopy, createPlainInsert, createPlainTables } from "./ceiling.ts";
import type { ContenderOptions } from "./contender.ts";
import { BATCHES, type System } from "./measure.ts";
import { migrateTurnpike, type Server } from "./postgres.ts";
import {
  createStripeEngine,
  createSupabaseEngine,
  migrateStripeEngine,
  migrateSupabaseEngine,
} from "./sync-engines.ts";
import { createTurnpike } from "./turnpike.ts";
import { loadVersion } from "./version.ts";

export const NOW = "now";
export const BEFORE = "before";
export const SUPABASE_ENGINE = "@supabase/stripe-sync-engine";
export const STRIPE_ENGINE = "@stripe/sync-engine";
export const PLAIN_INSERT = "plain insert";
export const COPY = "copy";

export interface Systems {
  turnpike: System[];
  before: System[];
  peers: System[];
  /** They only write. */
  ceilings: System[];
  /** Those that meet ties, each with what it asks Stripe for. */
  withStripe: System[];
}

interface Kind {
  name: string;
  migrate(url: string): Promise<unknown>;
  create: System["create"];
  batches: readonly number[];
}

/** Gives each system and size of batch a database of its own, with its tables. */
export async function prepareSystems(
  server: Server,
  { root, migrations, before }: { root: string; migrations: string; before: string | undefined },
): Promise<Systems> {
  const prepare = async ({ name, migrate, create, batches }: Kind): Promise<System[]> => {
    const systems: System[] = [];
    for (const batch of batches) {
      const url = await server.createDatabase(`${name}_${batch}`.replaceAll(/\W+/g, "_"));
      await migrate(url);
      systems.push({ name, batch, url, create });
    }
    return systems;
  };
  const migrate = (url: string) => migrateTurnpike(url, migrations);
  const migratePlain = async (url: string) => {
    await migrate(url);
    await createPlainTables(url);
  };
  const turnpike = await prepare({ name: NOW, migrate, create: createTurnpike, batches: BATCHES });
  const peers = [
    ...(await prepare({
      name: SUPABASE_ENGINE,
      migrate: migrateSupabaseEngine,
      create: createSupabaseEngine,
      batches: [1],
    })),
    ...(await prepare({ name: STRIPE_ENGINE, migrate: migrateStripeEngine, create: createStripeEngine, batches: [1] })),
  ];
  const asking = peers.map(({ name, create, ...peer }) => ({
    ...peer,
    name: `${name}, asking Stripe`,
    create: (options: ContenderOptions) => create({ ...options, asksStripe: true }),
  }));
  return {
    turnpike,
    before: before === undefined ? [] : await prepare(await kindBefore(root, before)),
    peers,
    ceilings: [
      ...(await prepare({ name: PLAIN_INSERT, migrate, create: createPlainInsert, batches: BATCHES })),
      ...(await prepare({ name: COPY, migrate: migratePlain, create: createCopy, batches: BATCHES })),
    ],
    withStripe: [...turnpike.filter(({ batch }) => batch > 1), ...peers, ...asking],
  };
}

async function kindBefore(root: string, revision: string): Promise<Kind> {
  const { migrate, createTurnpike: create } = await loadVersion(root, revision);
  return { name: BEFORE, migrate, create, batches: BATCHES };
}
