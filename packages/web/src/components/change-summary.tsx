import type { ChangePreview, OneSubscription, PreviewChange } from "@turnpike/core/plan-change/schema";
import { useCallback } from "react";
import { Link } from "wouter";
import { useAction } from "../buttons/action.ts";
import { ButtonAccount } from "../buttons/button-account.tsx";
import { PendingButton } from "../buttons/pending-button.tsx";
import type { Refused } from "../buttons/post.ts";
import { Refusal } from "../buttons/refusal.tsx";
import { formatDay } from "../dates.ts";
import { useLoad } from "../load.ts";
import { formatMoney } from "../money.ts";
import { loadNextPayment } from "../next-payment.ts";
import { detailsOf } from "../plan-change.ts";
import { type Change, useChange } from "../use-change.ts";
import { ChangeBill } from "./change-bill.tsx";
import { KeepButton } from "./keep-button.tsx";
import { Notice } from "./notice.tsx";

interface ChangeSummaryProps {
  /** Both keep their identity. */
  one: OneSubscription;
  wish: PreviewChange;
  /** The plan that is held, as far as we know. */
  from: string;
  /** What is changed, and what that is called. */
  describe: (preview: ChangePreview) => { from: string; to: string; title: string };
  inTrial: boolean;
  /** Called once the change is made. */
  onMade: (effective: ChangePreview["effective"]) => void;
  /** Called when what stood in the way was taken back. */
  onKept: () => void;
}

/** What a change costs, and the button that makes just that. */
export function ChangeSummary({ one, wish, from, describe, inTrial, onMade, onKept }: ChangeSummaryProps) {
  const { change, confirm, again } = useChange(wish, onMade);
  const { pending, run } = useAction();
  const loadPayment = useCallback(async () => (inTrial ? loadNextPayment(one) : undefined), [inTrial, one]);
  const { loaded: payment } = useLoad(loadPayment);
  switch (change.status) {
    case "loading":
      return <Reckoning />;
    case "refused":
      return <NoChange refusal={change.refusal} wish={wish} from={from} again={again} onKept={onKept} />;
    case "to-confirm":
      return <ToConfirm {...change} wish={wish} from={from} onKept={onKept} />;
    case "previewed": {
      if (payment.status === "loading") return <Reckoning />;
      const { title, ...names } = describe(change.preview);
      return (
        <div className="summary-shown" aria-busy={change.isStale ?? false}>
          <h2>{title}</h2>
          {change.problem && <Problem problem={change.problem} wish={wish} />}
          <ChangeBill
            preview={change.preview}
            {...names}
            inTrial={inTrial}
            payment={payment.status === "ready" ? payment.data : undefined}
          />
          <PendingButton
            type="button"
            className="button summary-confirm"
            pending={pending || (change.isStale ?? false)}
            onClick={() => run(confirm)}
          >
            {labelOf(change)}
          </PendingButton>
        </div>
      );
    }
  }
}

function labelOf({
  preview: { amountDue, currency, effective, effectiveAt },
}: Change & { status: "previewed" }): string {
  if (effective === "period_end") return `Confirm for ${formatDay(effectiveAt, { short: true })}`;
  return amountDue > 0 ? `Confirm and pay ${formatMoney(amountDue, currency)}` : "Confirm the change";
}

function Reckoning() {
  return (
    <div className="skeleton summary-shown" role="status">
      <span className="visually-hidden">Reckoning what it costs…</span>
      <i />
      <i />
      <i />
      <i />
    </div>
  );
}

/** Why a change that was confirmed was not made. What is shown below is how it stands now. */
function Problem({ problem, wish }: { problem: Refused; wish: PreviewChange }) {
  const needsCard = problem.answer.code === "card_declined" || problem.answer.code === "payment_method_required";
  return (
    <Notice tone={detailsOf(problem).preview ? "busy" : "bad"}>
      <p>{problem.message}</p>
      {needsCard && (
        <ButtonAccount
          subscriptionId={wish.subscriptionId}
          organizationId={wish.organizationId}
          flow={{ type: "payment_method_update" }}
          returnUrl={window.location.href}
          className="button button-small"
        >
          {problem.answer.code === "card_declined" ? "Use another card" : "Add a card"}
        </ButtonAccount>
      )}
    </Notice>
  );
}

interface NoChangeProps {
  refusal: Refused;
  wish: PreviewChange;
  from: string;
  again: () => void;
  onKept: () => void;
}

const KEPT_FIRST: (string | undefined)[] = ["subscription_ending", "subscription_scheduled"];

function NoChange({ refusal, wish, from, again, onKept }: NoChangeProps) {
  const { code } = refusal.answer;
  if (code === "unauthenticated") return <Refusal error={refusal} />;
  return (
    <div className="summary-shown">
      <Notice tone={code ? "busy" : "bad"}>
        <p>{refusal.message}</p>
      </Notice>
      {KEPT_FIRST.includes(code) ? (
        <KeepButton subscription={wish} onKept={onKept}>{`Keep ${from}`}</KeepButton>
      ) : code && code !== "sale_in_progress" && code !== "internal_error" ? (
        <Link href="/account" className="button">
          To your account
        </Link>
      ) : (
        <button type="button" className="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

interface ToConfirmProps {
  preview: ChangePreview;
  confirmUrl: string;
  wish: PreviewChange;
  from: string;
  onKept: () => void;
}

function ToConfirm({ preview, confirmUrl, wish, from, onKept }: ToConfirmProps) {
  return (
    <div className="summary-shown" role="status">
      <h2>Your bank asks you to confirm</h2>
      <p>
        {`The payment of ${formatMoney(preview.amountDue, preview.currency)} waits for you. The change is made as soon as you have confirmed it; until then you keep ${from}.`}
      </p>
      <a className="button" href={confirmUrl} target="_blank" rel="noreferrer">
        Confirm the payment<span className="visually-hidden"> (opens in a new tab)</span>
      </a>
      <KeepButton subscription={wish} onKept={onKept} className="button button-quiet">
        {`Keep ${from} instead`}
      </KeepButton>
    </div>
  );
}
