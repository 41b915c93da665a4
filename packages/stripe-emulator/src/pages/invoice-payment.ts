import { html } from "hono/html";
import { payInvoice } from "../billing/collecting.ts";
import type { Invoice } from "../billing/invoice-draft.ts";
import { defaultPaymentOf } from "../billing/invoice-payments.ts";
import { formatMoney } from "../billing/money.ts";
import { declineOf } from "../billing/payment.ts";
import { attachPaymentMethod, createPaymentMethod } from "../billing/payment-method.ts";
import { answerChallenge } from "../billing/settlement.ts";
import { DECLINED } from "../billing/test-cards.ts";
import type { World } from "../world.ts";
import { challengePage } from "./challenge-page.ts";
import { type CheckoutInput, readCard } from "./checkout-form.ts";
import { cardForm, type TypedView } from "./checkout-page.ts";
import { invoicePage } from "./document-page.ts";
import { page, seeOther } from "./layout.ts";

const intentOf = (world: World, { id }: Invoice) =>
  world.store.paymentIntents.find(defaultPaymentOf(world, id)?.payment.payment_intent);

/** The hosted invoice; while it is open and no payment of it is under way, with a form to pay it by card. */
export function showInvoice(
  world: World,
  invoice: Invoice,
  view: TypedView = { input: {} },
  status = 200,
): Promise<Response> {
  if (invoice.status !== "open" || intentOf(world, invoice)?.status === "processing")
    return page("Invoice", invoicePage(invoice));
  const amount = formatMoney(invoice.amount_remaining, invoice.currency);
  const form = html`<section class="stack"><h2>Pay this invoice</h2>${cardForm(view, `Pay ${amount}`)}</section>`;
  return page("Invoice", invoicePage(invoice, form), status);
}

/** The customer pays by card; or answers the bank's challenge, which is the same form's next step. */
export function takeInvoicePayment(world: World, invoice: Invoice, input: CheckoutInput): Response | Promise<Response> {
  const intent = intentOf(world, invoice);
  const shown = () => seeOther(`${world.publicUrl}/p/invoices/${invoice.id}`);
  if (invoice.status !== "open" || intent?.status === "processing") return shown();
  if (input.challenge !== undefined) {
    if (intent?.status !== "requires_action") return shown();
    answerChallenge(world, intent.id, input.challenge === "complete");
    keepMethod(world, invoice);
    const failure = intentOf(world, invoice)?.last_payment_error;
    return failure ? refused(world, invoice, {}, declineOf(failure).message) : shown();
  }
  const card = readCard(input, new Date(world.nowMs()));
  if ("message" in card) return showInvoice(world, invoice, { input, problem: card }, 400);
  const method = createPaymentMethod(world, card, { email: invoice.customer_email, name: invoice.customer_name });
  const attempt = payInvoice(world, invoice.id, method);
  if (attempt === "requires_action") return page("3D Secure", challengePage());
  if (attempt === "declined") return refused(world, invoice, input, DECLINED.message);
  keepMethod(world, invoice);
  return shown();
}

const refused = (world: World, invoice: Invoice, input: CheckoutInput, message: string) =>
  showInvoice(world, invoice, { input, problem: { field: "card_number", message } }, 402);

/** A method that paid an invoice is kept with its customer. */
function keepMethod(world: World, invoice: Invoice): void {
  const intent = intentOf(world, invoice);
  const method = intent?.status === "succeeded" ? world.store.paymentMethods.find(intent.payment_method) : undefined;
  if (method?.customer === null && invoice.customer !== null) attachPaymentMethod(world, method.id, invoice.customer);
}
