/// <reference types="vite/client" />

interface ImportMetaEnv {
  readonly VITE_SUPABASE_URL: string;
  readonly VITE_SUPABASE_PUBLISHABLE_KEY: string;
  /** Where Stripe.js is, if pages show Checkout; with the key. */
  readonly VITE_STRIPE_JS?: string;
  readonly VITE_STRIPE_PUBLISHABLE_KEY?: string;
}
