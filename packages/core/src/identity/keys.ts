import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTHeaderParameters } from "jose";
import { BillingError } from "../errors/index.ts";
import { unavailable } from "./refusals.ts";

// As long as auth-js keeps them.
const FRESH_FOR_MS = 10 * 60_000;
// Tokens that name keys which nobody has are free to make.
const ASK_AGAIN_AFTER_MS = 60_000;
const ASK_AGAIN_WITHOUT_KEYS_AFTER_MS = 1_000;

interface PublishedKeys {
  ids: Set<string>;
  find: ReturnType<typeof createLocalJWKSet>;
}

/** The keys that a project publishes, asked for rarely, whatever tokens come. */
export class SigningKeys {
  readonly #load: () => Promise<JSONWebKeySet>;
  #known: PublishedKeys | undefined;
  #knownAt = Number.NEGATIVE_INFINITY;
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;
  /** Why they could not be loaded when they were last asked for. */
  #failure: BillingError | undefined;

  constructor(load: () => Promise<JSONWebKeySet>) {
    this.#load = load;
  }

  /**
   * The key that a token names.
   * @throws JOSEError when the project has no such key
   * @throws BillingError `auth_unavailable` when that cannot be told
   */
  async find(header: JWTHeaderParameters) {
    const { kid } = header;
    if (typeof kid !== "string") throw new errors.JWKSNoMatchingKey();
    if (Date.now() >= this.#knownAt + FRESH_FOR_MS || !this.#known?.ids.has(kid)) await this.#ask();
    // That a key is not among the old ones says nothing while the new ones cannot be had.
    if (!this.#known?.ids.has(kid)) throw this.#failure ?? new errors.JWKSNoMatchingKey();
    return this.#known.find(header).catch((error: Error) => {
      if (error instanceof errors.JWKSNoMatchingKey) throw error;
      this.#knownAt = Number.NEGATIVE_INFINITY;
      throw unavailable(`A key that the project publishes cannot be used: ${error.name}`);
    });
  }

  /** However many need them, Supabase is asked once in a while. The old keys hold until there are new ones. */
  #ask(): Promise<void> {
    const pause = this.#known ? ASK_AGAIN_AFTER_MS : ASK_AGAIN_WITHOUT_KEYS_AFTER_MS;
    if (!this.#asking && Date.now() < this.#askedAt + pause) return Promise.resolve();
    this.#asking ??= this.#read().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #read(): Promise<void> {
    this.#askedAt = Date.now();
    try {
      this.#known = keysIn(await this.#load());
      this.#knownAt = Date.now();
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error instanceof BillingError ? error : unavailable("The project's keys are no key set");
    }
  }
}

/** @throws when these are no keys that a token could be checked with */
function keysIn(published: JSONWebKeySet): PublishedKeys {
  const find = createLocalJWKSet(published);
  const asymmetric = published.keys.filter(({ kty }) => kty === "EC" || kty === "RSA" || kty === "OKP");
  const ids = new Set(asymmetric.flatMap(({ kid }) => (typeof kid === "string" ? kid : [])));
  if (ids.size > 0) return { ids, find };
  throw unavailable("The project publishes no signing key: it still signs with its legacy secret, see docs/deploy.md");
}
