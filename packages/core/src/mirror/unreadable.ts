/** A payload that does not look as Stripe documents it. The message names the object and the field, and no value. */
export class UnreadableError extends Error {
  override readonly name = "UnreadableError";
}

/**
 * Reads a payload.
 * @throws UnreadableError that says at which field it could not be read: it is read once more, and the last field that was
 * looked at is the one
 */
export function explain<Result>(name: string, payload: unknown, read: (payload: unknown) => Result): Result {
  try {
    if (typeof payload !== "object" || payload === null) throw new TypeError("there is no object");
    return read(payload);
  } catch (error) {
    throw new UnreadableError(`${[name, ...lastLookedAt(payload, read)].join(".")}: ${(error as Error).message}`);
  }
}

function lastLookedAt(payload: unknown, read: (payload: unknown) => unknown): string[] {
  let last: string[] = [];
  const watch = (value: unknown, path: string[]): unknown =>
    typeof value === "object" && value !== null
      ? new Proxy(value, {
          get(target, key) {
            const inner = Reflect.get(target, key);
            if (typeof key !== "string") return inner;
            last = [...path, key];
            return watch(inner, last);
          },
        })
      : value;
  try {
    read(watch(payload, []));
  } catch {
    // That it throws again is the point.
  }
  return last;
}
