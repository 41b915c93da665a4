import type { ReactNode } from "react";

export type Tone = "good" | "busy" | "bad" | "quiet";

/** A quiet word about what has happened; a screen reader says it when it appears. */
export function Notice({ tone = "quiet", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <div className={`notice tone-${tone}`} role={tone === "bad" ? "alert" : "status"}>
      {children}
    </div>
  );
}

interface LoadFailedProps {
  what: string;
  /** The server answers, and fails: then it is not the visitor's connection that does. */
  isOurs?: boolean;
  retry: () => void;
}

/** Says that something could not be loaded, and offers to try again. */
export function LoadFailed({ what, isOurs = false, retry }: LoadFailedProps) {
  const advice = isOurs ? "The fault is ours. Try again in a few minutes." : "Check your connection, then try again.";
  return (
    <Notice tone="bad">
      <p>{`${what} could not be loaded. ${advice}`}</p>
      <button type="button" className="button button-small" onClick={retry}>
        Try again
      </button>
    </Notice>
  );
}

export function Badge({ tone, children }: { tone: Tone; children: ReactNode }) {
  return <span className={`badge tone-${tone}`}>{children}</span>;
}

/** A place that is being filled. `what` is for screen readers. */
export function Skeleton({ what, cards }: { what: string; cards: number }) {
  return (
    <div className={cards > 1 ? "plans" : "stack"} role="status">
      <span className="visually-hidden">Loading {what}…</span>
      {Array.from({ length: cards }, (_, index) => `skeleton-${index}`).map((key) => (
        <div key={key} className="card skeleton" aria-hidden="true">
          <i />
          <i />
          <i />
          <i />
        </div>
      ))}
    </div>
  );
}
