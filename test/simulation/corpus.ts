/** Seeds that once failed, or that lead to what matters: `npm test` plays them. */
export const CORPUS: readonly { line: string; why: string }[] = [
  { line: "12:histories=0,1,2,3:turns=4", why: "a hundred faults" },
  {
    line: "10:histories=0,1,2,3",
    why: "a sweep, while Stripe goes on to try a payment: what is made meanwhile is no difference",
  },
];
