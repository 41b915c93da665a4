import type Stripe from "stripe";

/** The API version whose shapes the emulator speaks: that of the stripe package it is typed against. */
export const API_VERSION: Stripe.LatestApiVersion = "2026-10-28.endive";
