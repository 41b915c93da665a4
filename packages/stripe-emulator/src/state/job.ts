/** Something that happens by itself later. `at` in milliseconds since the epoch. */
export interface JobRow {
  id: string;
  kind:
    | "advance_clock"
    | "advance_schedule"
    | "arrive_payout"
    | "arrive_topup"
    | "begin_grant"
    | "decide_dispute"
    | "end_subscription"
    | "expire_coupon"
    | "expire_grant"
    | "expire_incomplete"
    | "expire_pending_update"
    | "expire_promotion_code"
    | "expire_quote"
    | "expire_session"
    | "finalize_invoice"
    | "finish_refund"
    | "invoice_overdue"
    | "follow_charge"
    | "redact_verification"
    | "release_funds"
    | "release_payment"
    | "renew_subscription"
    | "resume_collection"
    | "retry_payment"
    | "schedule_expiring"
    | "settle_payment"
    | "trial_will_end"
    | "upcoming_invoice"
    | "verify_tax_id";
  at: number;
  subject: string;
  /** The test clock that it waits on; null: real time. */
  clock: string | null;
}

/** A job that threw: it is set aside, and everything else goes on. */
export interface FailedJob extends JobRow {
  error: string;
  /** In milliseconds since the epoch. */
  failedAt: number;
}
