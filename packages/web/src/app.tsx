import { Suspense } from "react";
import { Route, Router, Switch } from "wouter";
import { EMBEDS_CHECKOUT } from "./checkout-address.ts";
import { Layout } from "./components/layout.tsx";
import { Skeleton } from "./components/notice.tsx";
import { later } from "./later.tsx";
import { AccountPage } from "./pages/account.tsx";
import { PricingPage } from "./pages/pricing.tsx";
import { SessionProvider } from "./session.tsx";

// Whoever looks at the plans loads none of these.
const CancelPage = later("CancelPage", () => import("./pages/cancel.tsx"));
const ChangePage = later("ChangePage", () => import("./pages/change.tsx"));
const CheckoutPage = later("CheckoutPage", () => import("./pages/checkout.tsx"));
const SettingsPage = later("SettingsPage", () => import("./pages/settings.tsx"));
const ByEmailPage = later("ByEmailPage", () => import("./pages/by-email.tsx"));
const NewPasswordPage = later("NewPasswordPage", () => import("./pages/new-password.tsx"));
const NotFoundPage = later("NotFoundPage", () => import("./pages/not-found.tsx"));
const SignInPage = later("SignInPage", () => import("./pages/sign-in.tsx"));
const SuccessPage = later("SuccessPage", () => import("./pages/success.tsx"));

export function App() {
  return (
    <SessionProvider>
      <Layout>
        <Suspense fallback={<LoadingPage />}>
          <Router parser={toTheLetter}>
            <Switch>
              <Route path="/" component={PricingPage} />
              <Route path="/pricing" component={PricingPage} />
              <Route path="/sign-in">
                <SignInPage key="sign-in" />
              </Route>
              <Route path="/sign-up">
                <SignInPage key="sign-up" creating />
              </Route>
              <Route path="/sign-in-by-email">
                <ByEmailPage key="sign-in-by-email" purpose="signIn" />
              </Route>
              <Route path="/reset-password">
                <ByEmailPage key="reset-password" purpose="password" />
              </Route>
              <Route path="/new-password" component={NewPasswordPage} />
              <Route path="/settings" component={SettingsPage} />
              <Route path="/success" component={SuccessPage} />
              <Route path="/account" component={AccountPage} />
              {EMBEDS_CHECKOUT && <Route path="/checkout" component={CheckoutPage} />}
              <Route path="/change" component={ChangePage} />
              <Route path="/cancel" component={CancelPage} />
              <Route component={NotFoundPage} />
            </Switch>
          </Router>
        </Suspense>
      </Layout>
    </SessionProvider>
  );
}

/** An address is a page's or is none, as the edge has it: capitals are other letters. */
const toTheLetter = (path: string) => ({ keys: [], pattern: path === "*" ? /^/ : new RegExp(`^${path}/?$`) });

function LoadingPage() {
  return (
    <main className="page">
      <Skeleton what="the page" cards={1} />
    </main>
  );
}
