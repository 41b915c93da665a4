import type { ReplyRow } from "../state/rows.ts";
import type { World } from "../world.ts";
import { ApiError } from "./errors.ts";

const KEPT_MS = 24 * 3_600_000;
const MAX_KEY_LENGTH = 255;

/** Same request, same text, whatever the order of its parameters. */
export function fingerprintOf(method: string, path: string, body: string): string {
  const pairs = [...new URLSearchParams(body)].map((pair) => JSON.stringify(pair));
  return `${method} ${path} ${pairs.sort().join()}`;
}

/** The answer kept for this key; 400 when the key was used with another request. */
export function findReply(world: World, key: string, fingerprint: string): ReplyRow | undefined {
  if (key.length > MAX_KEY_LENGTH) {
    throw new ApiError(400, {
      type: "invalid_request_error",
      message: "Idempotency keys may be at most 255 characters long.",
    });
  }
  const reply = world.store.replies.find(key);
  if (!reply || reply.at < world.nowMs() - KEPT_MS) return undefined;
  if (reply.fingerprint === fingerprint) return reply;
  const message = `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`;
  throw new ApiError(400, { type: "idempotency_error", message });
}

/**
 * Whether the failure of a request that began to execute is kept under its key: all are, the foreseen too, but for parameters that
 * were not as they must be (https://docs.stripe.com/error-low-level#idempotency: "most 400s that sent invalid parameters").
 */
export const isKept = ({ body: { code = "" } }: ApiError): boolean => !/^(parameter_|url_invalid|emulator_)/.test(code);

/** The keys of requests that are not done yet (https://docs.stripe.com/error-codes#idempotency-key-in-use). */
export class KeysInUse {
  readonly #keys = new Set<string>();

  /** False while another request has the key. */
  take(key: string | null): boolean {
    if (key === null) return true;
    if (this.#keys.has(key)) return false;
    this.#keys.add(key);
    return true;
  }

  giveBack(key: string | null): void {
    if (key !== null) this.#keys.delete(key);
  }
}
