import type { Claim, ComparedObject, Explanation, Row } from "@turnpike/core/explain";
import { formatMoment } from "../moment.ts";
import { formatMoney } from "../money.ts";
import { paint, table } from "../output.ts";

/** An explanation for people. */
export function explanationLines(explanation: Explanation): string[] {
  const { claims, events, notices, objects, cut, forbidden, misattributed } = explanation;
  return [
    ...payerLines(explanation),
    ...section(
      "Stripe and the mirror",
      ["object", "id", "Stripe says", "the mirror (times are UTC)"],
      objects.flatMap(objectRows),
    ),
    ...(explanation.isSearched
      ? []
      : ["Stripe did not search: only the customers that the mirror knows were looked at."]),
    ...cut.map((kind) => `Of the kind ${kind} only the newest hundred were looked at.`),
    ...forbidden.map((kind) => `Of the kind ${kind} nothing is said: the key may not read it.`),
    ...section(
      "Claims",
      ["of", "by", "for", ""],
      claims.map((claim) => claimRow(claim, misattributed)),
    ),
    ...section(
      "Events, the newest first",
      ["created (UTC)", "event", "object", "outcome"],
      events.map(({ createdAt, type, objectId, outcome, reason }) => [
        formatMoment(createdAt),
        type,
        objectId ?? "",
        paintOutcome(outcome) + (reason ? `: ${reason}` : ""),
      ]),
    ),
    ...section(
      "Notices, the newest first",
      ["created (UTC)", "notice", "about", ""],
      notices.map(({ createdAt, kind, objectId, handledAt, attempts, lastError }) => [
        formatMoment(createdAt),
        kind,
        objectId,
        handledAt ? "handled" : `waits, tried ${attempts} times${lastError ? `, last: ${lastError}` : ""}`,
      ]),
    ),
    "",
    verdictLine(explanation),
  ];
}

function payerLines({ payer, reference, kind }: Explanation): string[] {
  if (!payer) return [`${kind} ${reference}`];
  const { userId, email, organizationId, isGone, hasAccess } = payer;
  const who = organizationId ? `organisation ${organizationId}` : `user ${userId}${email ? `, ${email}` : ""}`;
  return [
    `${who}${isGone ? ", deleted" : ""}`,
    `has access: ${hasAccess ? paint("green", "yes") : paint("red", "no")}`,
  ];
}

function section(title: string, headings: string[], rows: string[][]): string[] {
  return ["", paint("bold", title), ...(rows.length > 0 ? table(headings, rows) : ["none"])];
}

function objectRows(compared: ComparedObject): string[][] {
  const { object, id, stripe, verdict, differing } = compared;
  return [
    [object, id, stripe ? summary(stripe) : "", mirrorSays(compared)],
    ...(verdict === "differs" ? differing : []).map(({ column, stripe: is, mirror: was }) => [
      "",
      `  ${column}`,
      write(is),
      paint("red", write(was)),
    ]),
  ];
}

function mirrorSays({ verdict, asOf, mirror }: ComparedObject): string {
  const since = asOf ? `, as of ${formatMoment(asOf)}` : "";
  switch (verdict) {
    case "equal":
      return `${paint("green", "the same")}${since}`;
    case "differs":
      return `${paint("red", "differs")}${since}`;
    case "missing":
      return paint("red", "lacks it");
    case "awaited":
      return "does not know it yet";
    case "unknown":
      return paint("red", `has ${mirror ? summary(mirror) : "it"}${since}, and Stripe does not know it`);
    case "unreadable":
      return paint("red", "cannot show it");
  }
}

/** What of a row tells one object from another. */
function summary(row: Row): string {
  if (row.deleted === true && !row.status) return "deleted";
  const amount = row.amount ?? row.amount_due ?? row.amount_total;
  const money = typeof amount === "number" && typeof row.currency === "string" && formatMoney(amount, row.currency);
  const features = Array.isArray(row.lookup_keys) && (row.lookup_keys.join(", ") || "no features");
  const card = row.last4 && `${row.brand} ${row.last4}`;
  const parts = [row.status, money, features, card, row.email].filter((part) => part && typeof part !== "object");
  return parts.join(", ") || "is there";
}

function write(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

function claimRow(claim: Claim, misattributed: string[]): string[] {
  const { subject, by, userId, organizationId, stands, unborne } = claim;
  if (unborne) {
    const who = unborne.deleted ? "names a user who was deleted" : "names no user";
    return [subject, by, write(unborne.value), paint("yellow", `${unborne.key} ${who}`)];
  }
  const payer = organizationId ? `organisation ${organizationId}` : userId ? `user ${userId}` : "nobody";
  if (payer === "nobody") return [subject, "the mirror", payer, paint("yellow", "has no owner")];
  if (stands) return [subject, by, payer, paint("green", "is the owner")];
  // A reference alone never decides.
  const isPassedOver = misattributed.includes(subject) && by !== "reference";
  return [subject, by, payer, isPassedOver ? paint("red", "should be the owner") : "is not: the first owner stays"];
}

function paintOutcome(outcome: string): string {
  return outcome === "failed" || outcome === "refused" ? paint("red", outcome) : outcome;
}

function verdictLine({ objects, agrees, misattributed }: Explanation): string {
  if (agrees) return paint("green", `They agree, on ${objects.length} ${objects.length === 1 ? "object" : "objects"}.`);
  const wrong = objects.filter(({ verdict }) => verdict !== "equal" && verdict !== "awaited").length;
  return [
    ...(wrong > 0 ? [paint("red", `They do not agree on ${wrong} of ${objects.length} objects.`)] : []),
    ...misattributed.map((id) =>
      paint("red", `${id} is not with the owner whom Stripe names: the mirror has lost or missed it.`),
    ),
    "Events take a second or two, so look again. What stays is mended by the sweep, or at once by: npx billing sync",
    ...(objects.some(({ verdict }) => verdict === "unknown")
      ? ["What Stripe does not know only the sweep takes away."]
      : []),
  ].join("\n");
}
