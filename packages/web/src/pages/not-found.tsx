import { Link } from "wouter";
import { Page } from "../components/page.tsx";

export function NotFoundPage() {
  return (
    <Page title="Page not found" narrow>
      <h1>There is no such page</h1>
      <p className="lead">The address may be mistyped, or the page has moved.</p>
      <p>
        <Link href="/pricing" className="button">
          See the plans
        </Link>
      </p>
    </Page>
  );
}
