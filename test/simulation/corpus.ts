/** Seeds that once failed, or that lead to what matters: `npm test` plays them. */
export const CORPUS: readonly { line: string; why: string }[] = [
  { line: "12:histories=0,1,2,3:turns=4:climate=usual", why: "a hundred faults" },
  {
    line: "10:histories=0,1,2,3:climate=usual",
    why: "a sweep, while Stripe goes on to try a payment: what is made meanwhile is no difference",
  },
  {
    line: "300028:histories=2:turns=3:faults=0:climate=office",
    why: "a planned end with prorations that wait: no event told of the subscription's last invoice",
  },
  { line: "300065:histories=0:turns=1:faults=0:climate=unmade", why: "where events are never made, no route answered" },
  {
    line: "300152:histories=0,1,3,6,7,8,10,11:turns=4:faults=0:climate=unmade",
    why: "a double of which no event was ever made",
  },
  {
    line: "300136:histories=0,1,2,3,4,5:climate=usual",
    why: "events that are held up on their way while the last ones are waited for",
  },
  {
    line: "5:histories=0,1,2,3,4,5,6,7,8,9,10,11:climate=seats",
    why: "whose a subscription is comes to be known after it: nobody compared it with the seats in use",
  },
  {
    line: "510003:histories=7:faults=0:climate=unmade",
    why: "a renewal of what changes by a schedule, in two versions of the API: it is no change of terms",
  },
  {
    line: "510008:histories=1,5,13:turns=3:faults=0:climate=unmade",
    why: "a second subscription of a product that has not arrived: whether it is a double is for Stripe to say",
  },
  {
    line: "1:histories=3:faults=0:climate=catalogue",
    why: "what is written on a subscription in the second in which it ends: the first of the two states stayed",
  },
  {
    line: "1100056:histories=4:faults=0",
    why: "a user is deleted who has a purchase without a customer: two locks were taken the other way round than as it is given",
  },
];
