import type { ChangePreview, NextPayment } from "@turnpike/core/plan-change/schema";
import { beginsAnew, billOf, includedTax } from "../bill.ts";
import { formatDay, formatMoment } from "../dates.ts";
import { formatMoney } from "../money.ts";
import { adviceOn } from "../next-payment.ts";

interface ChangeBillProps {
  preview: ChangePreview;
  /** What is held now. */
  from: string;
  to: string;
  inTrial: boolean;
  /** In a trial: by what is paid when it ends, as far as that is known. */
  payment: NextPayment | undefined;
}

/** What a change costs, to the cent: what is paid today, what next and when. */
export function ChangeBill({ preview, from, to, inTrial, payment }: ChangeBillProps) {
  const { currency, amountDue, effective, effectiveAt, next, credit } = preview;
  const money = (amount: number) => formatMoney(amount, currency);
  const later = effective === "period_end";
  const tax = includedTax(preview);
  const isUnpaid = Boolean(payment?.missingPaymentMethod);
  const advice = payment && adviceOn(payment, next.amount);
  return (
    <>
      <p className="due">
        <span>Due today</span> <strong>{money(amountDue)}</strong>
      </p>
      <Bill preview={preview} money={money} />
      {tax !== 0 && <p className="hint">{`Of this, ${money(tax)} is tax.`}</p>}
      <dl className="terms">
        <div>
          <dt>{later ? `Changes to ${to}` : `${to} begins`}</dt>
          <dd>{later ? <time dateTime={effectiveAt}>{formatDay(effectiveAt)}</time> : <span>At once</span>}</dd>
        </div>
        <div>
          <dt>{isUnpaid ? "Trial ends" : inTrial ? "Trial ends, first payment" : "Next payment"}</dt>
          <dd>
            {!isUnpaid && <span>{`${money(next.amount)} on `}</span>}
            <time dateTime={next.at}>{formatDay(next.at)}</time>
          </dd>
        </div>
        {credit > 0 && (
          <div>
            <dt>Your credit after today</dt>
            <dd>{`${money(credit)}, taken off the next payment already`}</dd>
          </div>
        )}
      </dl>
      <p className="hint">{reasonFor(preview, { from, to, inTrial, isUnpaid })}</p>
      {advice && <p className="advice tone-bad">{advice}</p>}
    </>
  );
}

function Bill({ preview, money }: { preview: ChangePreview; money: (amount: number) => string }) {
  const rows = billOf(preview);
  if (rows.length === 0) return null;
  return (
    <dl className="bill">
      {rows.map(({ label, amount }, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a bill's rows never change places, and have no id
        <div key={place}>
          <dt>{label}</dt>
          <dd>{money(amount)}</dd>
        </div>
      ))}
    </dl>
  );
}

/** How it comes to these amounts. */
function reasonFor(
  preview: ChangePreview,
  { from, to, inTrial, isUnpaid }: Pick<ChangeBillProps, "from" | "to" | "inTrial"> & { isUnpaid: boolean },
): string {
  const { effective, effectiveAt, total } = preview;
  if (isUnpaid) return "Your trial goes on as it is. There is no card to charge, and nothing is charged.";
  if (inTrial) return "Your trial goes on as it is. Nothing is paid before it ends.";
  if (effective === "period_end") return `You keep ${from} until then. Nothing is paid back.`;
  const asOf = `to the second as of ${formatMoment(effectiveAt)}. This offer holds for half an hour.`;
  if (!beginsAnew(preview)) return `For the rest of the period you pay the difference, reckoned ${asOf}`;
  const rest = total < 0 ? " What is over stays as your credit, which pays what comes next." : "";
  return `A whole period of ${to} begins today. What you have paid for ${from} and not used is taken off, reckoned ${asOf}${rest}`;
}
