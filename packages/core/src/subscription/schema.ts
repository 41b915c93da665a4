/** In these states nothing is paid for that could be had to its end: whatever is cancelled ends at once. */
export const ENDS_AT_ONCE: readonly string[] = ["incomplete", "unpaid", "paused"];
