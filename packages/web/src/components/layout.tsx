import { type ReactNode, useEffect, useRef } from "react";
import { Link, useLocation } from "wouter";
import { brand } from "../brand.ts";
import { useSession } from "../session.tsx";
import { Logo } from "./logo.tsx";

/** Header and footer of every page. Moves the keyboard's focus to the new page when a link was followed. */
export function Layout({ children }: { children: ReactNode }) {
  const session = useSession();
  const [path] = useLocation();
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    window.scrollTo(0, 0);
    document.getElementById("main")?.focus({ preventScroll: true });
  }, [path]);

  const mark = (...paths: string[]) =>
    paths.includes(path) ? ({ className: "active", "aria-current": "page" } as const) : {};
  return (
    <>
      <a className="skip-link" href="#main">
        Skip to content
      </a>
      <header className="site-header">
        <Link href="/" className="brand">
          <Logo />
          {brand.name}
        </Link>
        <nav aria-label="Main">
          <Link href="/pricing" {...mark("/", "/pricing")}>
            Pricing
          </Link>
          {session.status === "signed-in" && (
            <Link href="/account" {...mark("/account")}>
              Account
            </Link>
          )}
          {session.status === "signed-out" && (
            <Link href="/sign-in" {...mark("/sign-in")}>
              Sign in
            </Link>
          )}
        </nav>
      </header>
      <div id="main" tabIndex={-1}>
        {children}
      </div>
      <footer className="site-footer">
        <p>Payments are handled by Stripe. {brand.name} never sees your card.</p>
      </footer>
    </>
  );
}
