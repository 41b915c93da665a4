import { mkdirSync } from "node:fs";
import { type BuildAppOptions, buildApp } from "fauxqs";

type Stores = NonNullable<BuildAppOptions["stores"]>;
export type FauxqsStore = Stores["sqsStore"];
export type FauxqsQueue = NonNullable<ReturnType<FauxqsStore["getQueueByName"]>>;
type Persistence = NonNullable<FauxqsStore["persistence"]>;

/**
 * Opens fauxqs with its messages in a SQLite file, or without a folder in memory only. Its own `startFauxqs` listens on every interface, where anybody in
 * the same network could put a message that the consumer trusts; so it is put together here from its (pinned) parts.
 */
export async function openFauxqs(dataDir: string | undefined, region: string) {
  const [{ SqsStore }, { SnsStore }, { S3Store }] = await Promise.all([
    part<{ SqsStore: new () => FauxqsStore }>("sqs/sqsStore.js"),
    part<{ SnsStore: new () => Stores["snsStore"] }>("sns/snsStore.js"),
    part<{ S3Store: new () => Stores["s3Store"] }>("s3/s3Store.js"),
  ]);
  const stores: Stores = { sqsStore: new SqsStore(), snsStore: new SnsStore(), s3Store: new S3Store() };
  const persistence = dataDir === undefined ? undefined : await keepIn(dataDir, stores);
  const app = buildApp({ logger: false, defaultRegion: region, stores });
  app.addHook("preClose", () => persistence?.close());
  return { app, store: stores.sqsStore };
}

/** Takes up what an earlier run has left in the folder, and keeps there what comes. */
async function keepIn(dataDir: string, stores: Stores): Promise<Persistence> {
  const { PersistenceManager } = await part<{ PersistenceManager: new (dataDir: string) => Persistence }>(
    "persistence.js",
  );
  mkdirSync(dataDir, { recursive: true });
  const persistence = new PersistenceManager(dataDir);
  // Load before attaching: attached, the store would write each queue back over itself and cascade its messages away.
  persistence.loadSqsAndSns(stores.sqsStore, stores.snsStore);
  stores.sqsStore.persistence = persistence;
  for (const queue of stores.sqsStore.allQueues()) queue.persistence = persistence;
  // Version 2.4.1 writes a null there that its own schema refuses. Without it the message is still in flight on disk, and
  // what is in flight on disk is visible after a restart, see below.
  persistence.updateMessageReady = () => {};
  releaseInFlight(stores.sqsStore);
  return persistence;
}

/**
 * Makes visible what was in flight when an earlier run ended: nobody works on it any more, and the queue's visibility
 * timeout is minutes long.
 */
function releaseInFlight(store: FauxqsStore): void {
  for (const queue of store.allQueues()) {
    for (const entry of queue.inflightMessages.values()) entry.visibilityDeadline = 0;
    queue.processTimers();
  }
}

/** A module that fauxqs does not export by name. */
async function part<Module>(path: string): Promise<Module> {
  const module: Module = await import(new URL(path, import.meta.resolve("fauxqs")).href);
  return module;
}
