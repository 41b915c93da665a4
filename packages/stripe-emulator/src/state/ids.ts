import { randomFillSync } from "node:crypto";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Random bytes are made many at a time: one call for each id would take longer than all the rest of it. */
const pool = new Uint8Array(4096);
let used = pool.length;

/** `cus` → `cus_…`, in Stripe's alphabet. */
export function newId(prefix: string, length = 24): string {
  if (used + length > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  let id = `${prefix}_`;
  for (const byte of pool.subarray(used, used + length)) id += ALPHABET[byte % ALPHABET.length];
  used += length;
  return id;
}
