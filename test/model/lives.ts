import type { Change, Life } from "./guard.ts";

const state = (content: string, rank = 0): Pick<Change, "content" | "rank" | "deleted"> => ({
  content,
  rank,
  deleted: false,
});
const kept = (content: string) => ({ content, rank: 0, deleted: true, kept: true as const });
const deleted = { content: "what it was", rank: 0, deleted: true };

/** What becomes of an object, in as many events as there are states. */
export const LIVES: Record<string, Life> = {
  "goes its way": [state("draft", 0), state("open", 1), state("paid", 2)],
  "is deleted after it went its way": [state("draft", 0), state("open", 1), deleted],
  "is deleted": [state("a"), state("b"), deleted],
  "is over, and still changes": [state("a"), kept("over"), kept("over, and why")],
  "becomes what it was": [state("a"), state("b"), state("a")],
  "changes twice": [state("a"), state("b"), state("c")],
};
