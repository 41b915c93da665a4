/** Seeds that once failed, or that come by what matters: `npm test` plays them. */
export const CORPUS: readonly { line: string; why: string }[] = [
  { line: "3", why: "hundreds of faults at once" },
  { line: "4:histories=1,3:turns=3", why: "two subscriptions of one group, one of which is undone" },
];
