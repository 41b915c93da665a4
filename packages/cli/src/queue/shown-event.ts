/** Addresses of pages and documents, and secrets, by the names that Stripe gives them: `hosted_invoice_url`, a credit note's `pdf`. */
const OPENS = /secret|(?:^|_)(?:url|pdf)$/;

/** The event in a message, without what lets its holder pay or see a page. */
export function shownEvent(body: string): unknown {
  try {
    return JSON.parse(body, (key, value) => (typeof value === "string" && OPENS.test(key) ? "…" : value));
  } catch {
    return { unreadable: `${body.length} characters that are no JSON` };
  }
}
