import { Worker } from "node:worker_threads";
import type { Environment } from "@turnpike/settings/dotenv";
import type { SystemDescription } from "./description.ts";
import type { Build, StacksThreadInput, StacksThreadMessage } from "./stacks-thread.ts";

export interface StartStacksOptions extends StacksThreadInput {
  /** What the stacks read from `process.env`. */
  environment: Environment;
}

export interface RunningStacks {
  system: SystemDescription;
  /** Hands over the builds so far, and from then on each new one. */
  onBuild(listener: (build: Build) => void): void;
  close(): Promise<void>;
}

/**
 * Runs the stacks in a thread of their own: they import all of CDK, which takes seconds, they read `process.env`,
 * and the functions' bundling options (which may hold plugins) cannot leave the thread that constructed them.
 * @returns As soon as the system is described; the functions' builds follow.
 */
export async function startStacks({ environment, ...input }: StartStacksOptions): Promise<RunningStacks> {
  const worker = new Worker(new URL("./stacks-thread.ts", import.meta.url), {
    workerData: input,
    env: { ...environment, JSII_DEPRECATED: "quiet" },
    name: "stacks",
  });
  const builds: Build[] = [];
  let listener = (build: Build) => {
    builds.push(build);
  };
  const system = await new Promise<SystemDescription>((resolve, reject) => {
    worker.once("error", reject);
    worker.on("message", (message: StacksThreadMessage) => {
      if (message.kind === "described") resolve(message.system);
      else listener(message.build);
    });
  });
  return {
    system,
    onBuild(next) {
      listener = next;
      for (const build of builds.splice(0)) listener(build);
    },
    close: async () => {
      await worker.terminate();
    },
  };
}
