import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import type { QueueDepth } from "../queue/sqs.ts";
import type { Mail } from "../supabase/index.ts";

/** What is at work on this machine, as one page shows it. */
export interface Shown {
  links: [name: string, address: string][];
  /** Newest first; absent when a hosted project sends them. */
  mails: readonly Mail[] | undefined;
  queues: [name: string, depth: QueueDepth][];
  /** What each of the messages that were given up is about; nothing, where it holds no event. */
  deadLetters: (DeadLetter | undefined)[];
  /** The latest events of the ledger; absent when a hosted project has it. */
  events: LedgerRow[] | undefined;
}

export interface DeadLetter {
  id: string;
  /** Unknown, where the message has only the event's id. */
  type: string | undefined;
}

export interface LedgerRow {
  id: string;
  type: string;
  object_id: string | null;
  outcome: string;
  reason: string | null;
  recorded_at: string;
}

const STYLE = `
:root { color-scheme: light dark; --page: #fff; --side: #f6f8fa; --text: #1a1f36; --soft: #566074; --line: #dfe4ea; --accent: #0561c9; --bad: #b3093c; }
@media (prefers-color-scheme: dark) { :root { --page: #14171c; --side: #1b1f27; --text: #eceff4; --soft: #a5afc0; --line: #333b49; --accent: #5babff; --bad: #ff8fa8; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: var(--text); background: var(--page); }
main { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.25rem; max-width: 60rem; margin: 0 auto; padding: 2.5rem 1rem; }
h1, h2, p, pre, ul { margin: 0; } h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 1rem; } h3 { display: inline; margin: 0; font-size: 1rem; }
a { color: var(--accent); overflow-wrap: anywhere; } .soft { color: var(--soft); } .bad { color: var(--bad); font-weight: 600; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
ul { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; padding: 0; list-style: none; } ul a { display: inline-flex; align-items: center; min-width: 2.75rem; min-height: 2.75rem; }
details { border: 1px solid var(--line); border-radius: .6rem; padding: 0 1rem; } details + details { margin-top: .5rem; }
summary { min-height: 2.75rem; padding: .6rem 0; cursor: pointer; overflow-wrap: anywhere; }
pre { padding: 0 0 1rem; font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; } table { width: 100%; border-collapse: collapse; font-size: .9rem; } th, td { padding: .45rem .9rem .45rem 0; border-top: 1px solid var(--line); text-align: left; white-space: nowrap; } td:nth-child(2):nth-last-child(3) { min-width: 15rem; white-space: normal; overflow-wrap: anywhere; } thead th { border: 0; color: var(--soft); font-weight: 500; }
`;
const POLICY = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The page at `/_local`. */
export async function renderPage(shown: Shown): Promise<Response> {
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Turnpike on this machine</title>
<style>${raw(STYLE)}</style>
</head>
<body><main>
<h1>Turnpike on this machine</h1>
<ul>${shown.links.map(([name, address]) => html`<li><a href="${address}">${name}</a></li>`)}</ul>
<h2>Mailbox</h2>
${mailbox(shown.mails)}
<h2>Queues</h2>
${queues(shown.queues)}
<h2>Dead letters</h2>
${deadLetters(shown.deadLetters)}
<h2>Ledger</h2>
${ledger(shown.events)}
</main></body>
</html>`;
  return new Response(`${await document}`, {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": POLICY,
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
    },
  });
}

function mailbox(mails: Shown["mails"]) {
  if (!mails) return html`<p class="soft">Your Supabase project sends the e-mails.</p>`;
  if (mails.length === 0) {
    return html`<p class="soft">No e-mails yet. What would be sent, to reset a password for one, is here until the next start.</p>`;
  }
  return html`<div>${mails.map(
    ({ to, subject, text, sentAt }, place) =>
      html`<details ${place === 0 ? "open" : ""}><summary><h3>${subject}</h3> <span class="soft">to ${to}, ${utc(sentAt)}</span></summary><pre>${withLinks(text)}</pre></details>`,
  )}</div>`;
}

/** A text whose addresses can be followed. */
function withLinks(text: string) {
  return text
    .split(/(https?:\/\/\S+)/)
    .map((part, place) => (place % 2 === 1 ? html`<a href="${part}">${part}</a>` : html`${part}`));
}

function queues(depths: Shown["queues"]) {
  return html`<div class="scroll" tabindex="0"><table>
<thead><tr><th scope="col">Queue</th><th scope="col">Waiting</th><th scope="col">At work</th></tr></thead>
<tbody>${depths.map(([name, { visible, inFlight }]) => {
    return html`<tr><td>${name}</td><td>${visible}</td><td>${inFlight}</td></tr>`;
  })}</tbody>
</table></div>`;
}

function deadLetters(letters: Shown["deadLetters"]) {
  if (letters.length === 0) return html`<p class="soft">None: no event was given up.</p>`;
  return html`<ul class="dead">${letters.map((letter) =>
    letter
      ? html`<li><span class="bad">${letter.type ?? "An event"}</span> ${letter.id}</li>`
      : html`<li><span class="bad">A message that holds no event</span></li>`,
  )}</ul>
<p class="soft">Why, stands in the ledger. When the cause is mended, npx billing dlq redrive --all tries them again.</p>`;
}

function ledger(events: Shown["events"]) {
  if (!events) return html`<p class="soft">Your Supabase project has the ledger, in billing.stripe_events.</p>`;
  if (events.length === 0) return html`<p class="soft">No event of Stripe's has come yet.</p>`;
  return html`<div class="scroll" tabindex="0"><table>
<thead><tr><th scope="col">Event</th><th scope="col">Object</th><th scope="col">Outcome</th><th scope="col">Recorded</th></tr></thead>
<tbody>${events.map(
    ({ type, object_id, outcome, reason, recorded_at }) =>
      html`<tr><td>${type}</td><td>${object_id ?? ""}</td><td class="${outcome === "failed" ? "bad" : ""}">${[outcome, reason].filter(Boolean).join(": ")}</td><td>${utc(recorded_at)}</td></tr>`,
  )}</tbody>
</table></div>`;
}

const utc = (moment: string) => `${new Date(moment).toISOString().slice(0, 19).replace("T", " ")} UTC`;
