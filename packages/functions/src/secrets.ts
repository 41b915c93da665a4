import { OwnError } from "@turnpike/core/errors";
import { type SecretName, TIME_LIMITS } from "@turnpike/settings";
import { callAws } from "./aws.ts";
import { bindings } from "./bindings.ts";
import { describe, log } from "./log.ts";

// A secret that was set anew holds everywhere after this, without a deploy.
const FRESH_FOR_MS = 3 * 60_000;
// When SSM fails, the old values are used for this long. And someone who sends forged signatures must not make us ask SSM each time.
const ASK_AT_MOST_EVERY_MS = 10_000;

/** What SST binds in place of a value that is kept in SSM. */
const FETCH_FROM_SSM = "__FETCH_FROM_SSM__";

/** The secrets that this function is bound to, as SSM had them at most some minutes ago. */
export class Secrets {
  #values: ReadonlyMap<string, string> = new Map();
  #version = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #staleAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  /** Counts the times that a value was found changed. */
  get version(): number {
    return this.#version;
  }

  /** @throws when the function is not bound to it, or nothing was loaded */
  get(name: SecretName): string {
    const value = this.#values.get(name);
    if (value === undefined) throw new OwnError(`This function is not bound to the secret ${name}, or did not load it`);
    return value;
  }

  /**
   * Makes sure that there are values, and fresh ones. However many requests need them at once, SSM is asked once.
   * @throws when there are none yet and SSM does not give them
   */
  async load(): Promise<void> {
    if (Date.now() >= this.#staleAt) await this.#ask();
  }

  /** For when a value was refused, because it may have been changed a moment ago. Does nothing if SSM was asked just now. */
  async loadAgain(): Promise<void> {
    if (this.#asking || Date.now() >= this.#askedAt + ASK_AT_MOST_EVERY_MS) await this.#ask();
  }

  #ask(): Promise<void> {
    this.#asking ??= this.#read().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #read(): Promise<void> {
    this.#askedAt = Date.now();
    try {
      const { firstSecrets, newerSecrets } = TIME_LIMITS.aws;
      const values = await readSecrets(this.#values.size === 0 ? firstSecrets : newerSecrets);
      if (JSON.stringify([...values]) !== JSON.stringify([...this.#values])) this.#version++;
      this.#values = values;
      this.#staleAt = Date.now() + FRESH_FOR_MS;
    } catch (error) {
      if (this.#values.size === 0) throw error;
      log("warn", "secrets are old: SSM did not answer", describe(error));
      this.#staleAt = Date.now() + ASK_AT_MOST_EVERY_MS;
    }
  }
}

async function readSecrets(withinMs: number): Promise<Map<string, string>> {
  const { bound, prefixes } = bindings.secrets;
  const values = new Map(bound.map(({ name, value }) => [name, value]));
  const kept = bound.filter(({ value }) => value === FETCH_FROM_SSM);
  if (kept.length === 0) return values;

  const pathsOf = (name: string) => prefixes.map((prefix) => `${prefix}Secret/${name}/value`);
  // All in one request: what SSM counts is requests.
  const parameters = await getParameters(
    kept.flatMap(({ name }) => pathsOf(name)),
    withinMs,
  );
  for (const { name } of kept) {
    const value = pathsOf(name).flatMap((path) => parameters.get(path) ?? [])[0];
    if (value === undefined)
      throw new OwnError(
        `The secret ${name} is not set: write ${name}=VALUE into a file, then npx sst secrets load FILE --stage ${bindings.stage}`,
      );
    values.set(name, value);
  }
  return values;
}

/** Ten names at most: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html */
async function getParameters(names: string[], withinMs: number): Promise<Map<string, string>> {
  const { Parameters } = await callAws<{ Parameters: { Name: string; Value: string }[] }>({
    service: "ssm",
    url: new URL(bindings.secrets.ssmUrl),
    version: "1.1",
    target: "AmazonSSM.GetParameters",
    input: { Names: names, WithDecryption: true },
    withinMs,
  });
  return new Map(Parameters.map(({ Name, Value }) => [Name, Value]));
}

export const secrets = new Secrets();

/** Runs `work` with fresh secrets. When one of them is refused and has changed since it was read, runs it once more. */
export async function withSecrets<Result>(work: () => Promise<Result>): Promise<Result> {
  await secrets.load();
  const { version } = secrets;
  try {
    return await work();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await secrets.loadAgain();
    if (secrets.version === version) throw error;
    return work();
  }
}

/** Whether a secret was refused: ours by Stripe or Supabase, or Stripe's signature by ours. */
export function isRefusal(error: unknown): boolean {
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown };
  return code === "invalid_signature" || statusCode === 401;
}
