import { randomFillSync } from "node:crypto";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Random bytes are made many at a time: one call for each id would take longer than all the rest of it. */
const pool = new Uint8Array(4096);
let used = pool.length;

/** For an emulator that begins: where chance is given, its ids are to follow from that alone, not from who was there before it. */
export function forgetPool(): void {
  used = pool.length;
}

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
