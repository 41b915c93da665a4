import { useState } from "react";
import { formatDay } from "../dates.ts";
import { formatMoney } from "../money.ts";
import { describePayment, type Payment, payPageOf } from "../payments.ts";
import { Badge } from "./notice.tsx";

const PAGE = 12;

/** The payments, the newest first: as many as one looks through, and more when that is asked for. */
export function PaymentTable({ payments, titleOf }: { payments: Payment[]; titleOf: (payment: Payment) => string }) {
  const [shown, setShown] = useState(PAGE);
  const older = payments.length - shown;
  return (
    <>
      <Payments payments={payments.slice(0, shown)} titleOf={titleOf} />
      {older > 0 && (
        <p className="aside older">
          <button type="button" className="button button-quiet button-small" onClick={() => setShown(shown + PAGE)}>
            {`Show ${Math.min(older, PAGE)} older payments`}
          </button>
        </p>
      )}
    </>
  );
}

function Payments({ payments, titleOf }: { payments: Payment[]; titleOf: (payment: Payment) => string }) {
  return (
    <table className="card payments">
      <caption className="visually-hidden">Payments, the newest first</caption>
      <thead>
        <tr>
          <th scope="col">Date</th>
          <th scope="col">For</th>
          <th scope="col">Status</th>
          <th scope="col" className="number">
            Amount
          </th>
          <th scope="col">
            <span className="visually-hidden">Documents</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {payments.map((payment) => (
          <PaymentRow key={payment.id} payment={payment} title={titleOf(payment)} />
        ))}
      </tbody>
    </table>
  );
}

function PaymentRow({ payment, title }: { payment: Payment; title: string }) {
  const state = describePayment(payment);
  const { currency, amount } = payment;
  const invoice = payment.hosted_invoice_url ?? payment.invoice_pdf;
  const day = formatDay(payment.created_at, { short: true });
  return (
    <tr>
      <td className="payment-date">
        <time dateTime={payment.created_at}>{day}</time>
      </td>
      <td className="payment-title">
        <span>{title}</span>
        {payment.invoice_number && <span className="hint">{payment.invoice_number}</span>}
      </td>
      <td className="payment-status">
        <Badge tone={state.tone}>{state.label}</Badge>
        {payment.status === "failed" && payment.failure_reason && (
          <span className="hint">{payment.failure_reason}</span>
        )}
        {payment.due_date && payPageOf(payment) && (
          <span className="hint">{`Due by ${formatDay(payment.due_date, { short: true })}`}</span>
        )}
      </td>
      <td className="payment-amount number">
        <span>{amount === null || currency === null ? "–" : formatMoney(amount, currency)}</span>
        {payment.amount_refunded > 0 && currency !== null && (
          <span className="hint">{formatMoney(payment.amount_refunded, currency)} refunded</span>
        )}
      </td>
      <td className="payment-links">
        {invoice && (
          <DocumentLink href={invoice} name={payPageOf(payment) ? "Pay" : "Invoice"} of={`${title}, ${day}`} />
        )}
        {payment.receipt_url && <DocumentLink href={payment.receipt_url} name="Receipt" of={`${title}, ${day}`} />}
      </td>
    </tr>
  );
}

function DocumentLink({ href, name, of }: { href: string; name: string; of: string }) {
  return (
    <a href={href} target="_blank" rel="noreferrer">
      <span>{name}</span>
      <span className="visually-hidden"> for {of} (opens in a new tab)</span>
    </a>
  );
}
