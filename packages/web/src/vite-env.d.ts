/// <reference types="vite/client" />

interface ImportMetaEnv {
  readonly VITE_SUPABASE_URL: string;
  readonly VITE_SUPABASE_PUBLISHABLE_KEY: string;
  /** What becomes of the subscriptions of a user who is deleted: ON_USER_DELETE. */
  readonly VITE_ON_USER_DELETE?: "cancel" | "cancel_at_period_end" | "keep";
  /** Where Stripe.js is, if pages show Checkout; with the key. */
  readonly VITE_STRIPE_JS?: string;
  readonly VITE_STRIPE_PUBLISHABLE_KEY?: string;
}
