import type { OneSubscription } from "@turnpike/core/plan-change/schema";
import type { ReactNode } from "react";
import { useAction } from "../buttons/action.ts";
import { PendingButton } from "../buttons/pending-button.tsx";
import { Refusal } from "../buttons/refusal.tsx";
import { resumeSubscription } from "../plan-change.ts";

interface KeepButtonProps {
  subscription: OneSubscription;
  /** Called when it goes on as it is. */
  onKept: () => void;
  className?: string;
  children: ReactNode;
}

/** Takes back what is to come of a subscription: its end, or a change. */
export function KeepButton({ subscription, onKept, className, children }: KeepButtonProps) {
  const { subscriptionId, organizationId } = subscription;
  const { pending, error, run } = useAction();
  const keep = async () => {
    await resumeSubscription({ subscriptionId, organizationId });
    onKept();
  };
  return (
    <>
      <PendingButton type="button" className={className} pending={pending} onClick={() => run(keep)}>
        {children}
      </PendingButton>
      {error && <Refusal error={error} />}
    </>
  );
}
