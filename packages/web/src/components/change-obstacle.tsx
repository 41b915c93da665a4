import type { OneSubscription } from "@turnpike/core/plan-change/schema";
import { Link } from "wouter";
import { type Customer, endsLater, type Subscription, type UpcomingChange } from "../billing.ts";
import { formatDay } from "../dates.ts";
import { whyFixed } from "../held-plan.ts";
import { KeepButton } from "./keep-button.tsx";

/** Why a subscription cannot be changed as it stands, and whether the customer can clear that away. */
export interface Obstacle {
  says: string;
  way: "none" | "keep" | "account";
}

/** The server knows all reasons; this is what shows already. */
export function obstacleOf(
  subscription: Subscription,
  customer: Customer | undefined,
  change: UpcomingChange | undefined,
): Obstacle | undefined {
  const { status, ends_at: end } = subscription;
  if (!customer)
    return {
      says: "Somebody else pays for this plan. Only who manages its billing can change it: ask them.",
      way: "none",
    };
  if (status === "canceled" || status === "incomplete_expired") return { says: "This plan has ended.", way: "none" };
  const fixed = whyFixed(subscription, undefined);
  if (fixed) return { says: `${fixed} Ask support to have it changed.`, way: "none" };
  if (status !== "active" && status !== "trialing")
    return { says: "Its last payment is not through. Pay that first; then you can change it.", way: "account" };
  if (end && endsLater(subscription))
    return { says: `It ends on ${formatDay(end)}, as agreed. Ask support to have it changed.`, way: "none" };
  if (end) return { says: `It ends on ${formatDay(end)}. Keep it first; then you can change it.`, way: "keep" };
  if (change)
    return {
      says: `It changes on ${formatDay(change.at)} already. To choose another plan, keep it first.`,
      way: "keep",
    };
  return undefined;
}

interface ObstacleProps {
  obstacle: Obstacle;
  one: OneSubscription;
  /** Of the plan that is held. */
  name: string;
  onKept: () => void;
}

export function Obstacle({ obstacle: { says, way }, one, name, onKept }: ObstacleProps) {
  return (
    <div className="card empty">
      <h2>{name}</h2>
      <p>{says}</p>
      {way === "keep" && <KeepButton subscription={one} onKept={onKept}>{`Keep ${name}`}</KeepButton>}
      {way === "account" && (
        <Link href="/account" className="button">
          To your account
        </Link>
      )}
    </div>
  );
}
