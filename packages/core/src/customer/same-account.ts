import type { Clients } from "../clients.ts";
import { BillingError } from "../errors/index.ts";
import { assertSameAccount, OtherAccountError } from "../mirror/index.ts";
import { isMissing } from "../stripe/index.ts";

/**
 * Does a payer's business at Stripe. While Stripe's key is of another account or mode than the one that is mirrored, Stripe knows none of
 * the payer's customers, and nothing of theirs may be begun there.
 * @throws BillingError `other_account`; else what the work throws
 */
export async function atSameAccount<Done>(clients: Clients, work: () => Promise<Done>): Promise<Done> {
  try {
    return await work();
  } catch (error) {
    const why = isMissing(error) ? await assertSameAccount(clients).catch((other: unknown) => other) : error;
    if (!(why instanceof OtherAccountError)) throw error;
    throw new BillingError(
      "other_account",
      "Nothing can be bought or managed at the moment. Please try again later.",
      why.message,
    );
  }
}
