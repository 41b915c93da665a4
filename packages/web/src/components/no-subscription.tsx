import { Link } from "wouter";

export function NoSubscription() {
  return (
    <div className="card empty">
      <p>There is no such plan of yours.</p>
      <Link href="/pricing" className="button">
        See the plans
      </Link>
    </div>
  );
}
