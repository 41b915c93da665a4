import { Component, type ReactNode } from "react";

/** A page that breaks says so, instead of leaving the window empty. */
export class FailureBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <main className="page page-narrow">
        <h1>Something went wrong</h1>
        <p className="lead">Nothing was charged by this. Reload the page; if it happens again, write to support.</p>
        <p>
          <button type="button" className="button" onClick={() => window.location.reload()}>
            Reload
          </button>
        </p>
      </main>
    );
  }
}
