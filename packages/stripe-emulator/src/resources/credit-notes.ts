import { found, invalid, noSuch } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import { mergeMetadata, metadata, schema, text } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { sumOf } from "../billing/credit-lines.ts";
import {
  type CreditNote,
  type CreditNoteDraft,
  chargeFor,
  chargesOf,
  creditable,
  creditNotesOf,
  divide,
  issueCreditNote,
  voidCreditNote,
} from "../billing/crediting.ts";
import type { Invoice } from "../billing/invoice-draft.ts";
import { clockOf } from "../state/clock-of.ts";
import type { World } from "../world.ts";
import { type CreateParams, createParams, fields, linesFromParams } from "./credit-note-params.ts";
import { expectStatus } from "./invoice-editing.ts";
import { refuseFraction } from "./payment-intents.ts";

/** At the time of the invoice's customer. */
function createCreditNote(world: World, params: CreateParams): CreditNote {
  const invoice = found(world.store.invoices.find(params.invoice), "invoice", params.invoice, "invoice");
  expectStatus(invoice, ["open", "paid"], "create a credit note for");
  const lines = linesFromParams(world, invoice, params);
  const { amount } = sumOf(lines);
  if (params.amount !== undefined && params.amount !== amount)
    throw invalid(`The lines come to ${amount}, which is not the amount.`, undefined, "amount");
  if (amount < 1) throw invalid("A credit note must be of 1 or more.", undefined, "amount");
  const draft = draftOf(world, invoice, params);
  refuseMisfit(invoice, amount, draft);
  return world.onClock(clockOf(world.store, invoice.id), () => issueCreditNote(world, invoice, { ...draft, lines }));
}

type Draft = Omit<CreditNoteDraft, "lines">;

function draftOf(world: World, { id }: Invoice, params: CreateParams): Draft {
  const { refund_amount: refunded = 0 } = params;
  const charge = refunded === 0 ? undefined : chargeFor(world, id, refunded);
  if (refunded > 0 && !charge) {
    const message = `The invoice has no charge with ${refunded} left to refund. Refund its charges, and link the refunds.`;
    throw invalid(message, undefined, "refund_amount");
  }
  if (charge) refuseFraction(refunded, charge.currency, "refund_amount");
  return {
    memo: params.memo ?? null,
    metadata: mergeMetadata({}, params.metadata),
    reason: params.reason ?? null,
    effectiveAt: params.effective_at ?? null,
    refund: charge ? { charge, amount: refunded } : null,
    linked: (params.refunds ?? []).map((asked, index) => linkedRefund(world, id, asked, `refunds[${index}]`)),
    credit: params.credit_amount ?? 0,
    outOfBand: params.out_of_band_amount ?? 0,
  };
}

/** A refund of one of the invoice's charges, as far as no other credit note names it. */
function linkedRefund(
  world: World,
  invoice: string,
  { refund: named, amount_refunded: asked }: NonNullable<CreateParams["refunds"]>[number],
  param: string,
): { refund: string; amount: number } {
  const refund = world.store.refunds.find(named);
  const charges = chargesOf(world, invoice).map(({ id }) => id);
  if (!refund || !charges.includes(refund.charge ?? "")) throw noSuch("refund", named, `${param}[refund]`);
  const linked = creditNotesOf(world, invoice)
    .flatMap(({ refunds }) => refunds)
    .reduce((sum, row) => sum + (row.refund === named ? row.amount_refunded : 0), 0);
  const left = refund.amount - linked;
  const amount = asked ?? left;
  if (amount > left) throw invalid(`The refund ${named} has ${left} left to link.`, undefined, param);
  return { refund: named, amount };
}

/** What was paid must be given back, all of it, and nothing else (https://docs.stripe.com/api/credit_notes/create). */
function refuseMisfit(invoice: Invoice, amount: number, { refund, linked, credit, outOfBand }: Draft): void {
  const { post } = divide(invoice, amount);
  if (post > creditable(invoice)) {
    const most = invoice.amount_remaining + creditable(invoice);
    throw invalid(`The credit note (${amount}) is more than can be credited (${most}).`, undefined, "amount");
  }
  const given = (refund?.amount ?? 0) + linked.reduce((sum, row) => sum + row.amount, 0) + credit + outOfBand;
  if (given === post) return;
  const message = `The sum of refunds, credit amount and out of band amount (${given}) must equal the post payment amount (${post}).`;
  throw invalid(message);
}

/** What would be issued: it is, to a copy of the state. */
const preview = (world: World, params: CreateParams): CreditNote =>
  world.rehearse(world.now(), (copy) => createCreditNote(copy, params));

function getCreditNote(world: World, id: string): CreditNote {
  return found(world.store.creditNotes.find(id), "credit_note", id);
}

/** Only what an open invoice still asks for can be asked for again: what was given back cannot. */
function voidNote(world: World, id: string): CreditNote {
  const { status, post_payment_amount: given, invoice } = getCreditNote(world, id);
  if (status === "void") throw invalid("This credit note is void already.");
  if (given > 0 || world.store.invoices.get(invoice).status !== "open")
    throw invalid("You can only void credit notes of open invoices.");
  return voidCreditNote(world, id);
}

export const creditNoteRoutes: Route[] = [
  route("POST", "/v1/credit_notes", createParams, createCreditNote),
  listRoute("/v1/credit_notes", "credit_note", { customer: text, invoice: text }, (world, { customer, invoice }) =>
    choose(world.store.creditNotes, { invoice, customer }),
  ),
  route("GET", "/v1/credit_notes/preview", createParams, preview),
  listRoute("/v1/credit_notes/preview/lines", "line item", fields, (world, { invoice = "", ...params }) =>
    [...preview(world, { invoice, ...params }).lines.data].reverse(),
  ),
  route("GET", "/v1/credit_notes/:id", schema({}), (world, _, { id }) => getCreditNote(world, id)),
  listRoute("/v1/credit_notes/:id/lines", "line item", {}, (world, _, { id }) =>
    [...getCreditNote(world, id).lines.data].reverse(),
  ),
  route("POST", "/v1/credit_notes/:id", schema({ memo: text, metadata }), (world, params, { id }) => {
    const before = getCreditNote(world, id);
    const patch = { memo: params.memo ?? before.memo, metadata: mergeMetadata(before.metadata, params.metadata) };
    return world.update("creditNotes", id, patch, "credit_note.updated");
  }),
  route("POST", "/v1/credit_notes/:id/void", schema({}), (world, _, { id }) => voidNote(world, id)),
];
