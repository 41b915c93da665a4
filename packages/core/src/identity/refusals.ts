import { BillingError } from "../errors/index.ts";

/** For what is no session of this project, or is one no more. */
export function unauthenticated(message: string, reason?: string): BillingError {
  return new BillingError("unauthenticated", message, reason);
}

/**
 * For a session that may well be good and could not be checked: whoever brought it is neither a user nor a guest.
 * @param reason for the log
 */
export function unavailable(reason: string): BillingError {
  return new BillingError("auth_unavailable", "Your sign-in could not be checked just now. Please try again.", reason);
}
