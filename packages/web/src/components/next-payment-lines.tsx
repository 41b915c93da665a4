import type { NextPayment } from "@turnpike/core/plan-change/schema";
import { formatDay } from "../dates.ts";
import type { Loaded } from "../load.ts";
import { formatMoney } from "../money.ts";
import { adviceOn, describeExpiry, describeMethod } from "../next-payment.ts";

interface NextPaymentLinesProps {
  loaded: Loaded<NextPayment | undefined>;
  /** What is used until then comes to it. */
  soFar: boolean;
}

/** What is paid next, with everything counted, when, and by what. Their place is kept while Stripe is asked. */
export function NextPaymentLines({ loaded, soFar }: NextPaymentLinesProps) {
  return (
    <div className="next-payment" aria-busy={loaded.status === "loading"}>
      {loaded.status === "ready" && loaded.data && <Lines payment={loaded.data} soFar={soFar} />}
      {loaded.status === "failed" && <p className="hint">What is paid next could not be looked up just now.</p>}
    </div>
  );
}

function Lines({ payment, soFar }: { payment: NextPayment; soFar: boolean }) {
  const { next, currency, byInvoice, paymentMethod, missingPaymentMethod } = payment;
  const advice = adviceOn(payment, next?.amount ?? 0);
  return (
    <>
      {next && (
        <p>
          <span>Next payment</span> <strong>{formatMoney(next.amount, currency)}</strong>{" "}
          <span>{soFar ? "so far, on" : "on"}</span> <time dateTime={next.at}>{formatDay(next.at)}</time>
        </p>
      )}
      {missingPaymentMethod && <p>There is no card to charge, and nothing is charged.</p>}
      {byInvoice && next && <p>An invoice is sent to you then, and you pay it.</p>}
      {paymentMethod && <Method method={paymentMethod} />}
      {advice && <p className="advice tone-bad">{advice}</p>}
    </>
  );
}

function Method({ method }: { method: NonNullable<NextPayment["paymentMethod"]> }) {
  const expiry = method.expires ? describeExpiry(method.expires, new Date()) : undefined;
  return (
    <p>
      <span>{`Paid with ${describeMethod(method)}`}</span>
      {expiry?.isOver ? (
        <span className="advice tone-bad">{`, which has expired in ${expiry.text}. Update it.`}</span>
      ) : (
        expiry && <span>{`, valid until ${expiry.text}`}</span>
      )}
    </p>
  );
}
