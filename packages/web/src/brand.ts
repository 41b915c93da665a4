/** The product that is on sale. It is in each page's head as well. Change it here, and the logo in `index.html` (twice) and `components/logo.tsx`. */
export const brand = {
  name: "Turnpike",
  headline: "Pick a plan, and be on your way",
  tagline: "Start small, change whenever you like, cancel in two clicks. No calls, no contracts.",
} as const;
