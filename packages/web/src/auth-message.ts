import { Refused } from "./buttons/post.ts";
import { whyNoAuth } from "./supabase.ts";

const messages: Record<string, string> = {
  invalid_credentials: "That e-mail and password do not match. Check both, or create an account.",
  email_not_confirmed: "Confirm your e-mail first: open the link that we sent you, then sign in.",
  user_already_exists: "There is an account with this e-mail already. Sign in instead.",
  email_exists: "Another account has this e-mail already. Choose another one.",
  email_address_invalid: "That e-mail address does not work. Check its spelling.",
  otp_expired:
    "That code is wrong, too old, or used: opening the e-mail's link uses it up, too. Check it, or have another e-mail sent.",
  signup_disabled: "New accounts cannot be created at the moment. Sign in if you have one.",
  user_banned: "This account is blocked. Write to support.",
  same_password: "That is the password you have already. Choose another one.",
  reauthentication_needed: "You signed in a while ago. Sign out, sign in again, and then change it.",
  reauthentication_not_valid: "You signed in a while ago. Sign out, sign in again, and then change it.",
  over_request_rate_limit: "Too many attempts. Wait a minute, then try again.",
  over_email_send_rate_limit: "Too many e-mails were sent. Wait a few minutes, then try again.",
};

/** What Supabase's refusal means to the person who is signing in. https://supabase.com/docs/guides/auth/debugging/error-codes */
export function authMessage(error: { code?: string; status?: number; name: string; message: string }): string {
  if (error.code === "weak_password") return `Choose a stronger password. ${error.message}`;
  if (error.name === "AuthRetryableFetchError") return whyNoAuth(error.status);
  return messages[error.code ?? ""] ?? "That did not work. Try again in a minute.";
}

/** @throws Refused with what it means to the person, where Supabase has refused */
export function assertDone({ error }: { error: Parameters<typeof authMessage>[0] | null }): void {
  if (error) throw new Refused(authMessage(error));
}
