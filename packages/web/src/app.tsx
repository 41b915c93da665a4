import { lazy, Suspense } from "react";
import { Route, Switch } from "wouter";
import { inTime } from "./buttons/in-time.ts";
import { Layout } from "./components/layout.tsx";
import { Skeleton } from "./components/notice.tsx";
import { AccountPage } from "./pages/account.tsx";
import { NotFoundPage } from "./pages/not-found.tsx";
import { PricingPage } from "./pages/pricing.tsx";
import { SessionProvider } from "./session.tsx";

// Whoever looks at the plans loads none of these.
const CancelPage = lazy(async () => ({ default: (await inTime(import("./pages/cancel.tsx"))).CancelPage }));
const ChangePage = lazy(async () => ({ default: (await inTime(import("./pages/change.tsx"))).ChangePage }));
const CheckoutPage = lazy(async () => ({ default: (await inTime(import("./pages/checkout.tsx"))).CheckoutPage }));
const SettingsPage = lazy(async () => ({ default: (await inTime(import("./pages/settings.tsx"))).SettingsPage }));
const ByEmailPage = lazy(async () => ({ default: (await inTime(import("./pages/by-email.tsx"))).ByEmailPage }));
const NewPasswordPage = lazy(async () => ({
  default: (await inTime(import("./pages/new-password.tsx"))).NewPasswordPage,
}));
const SignInPage = lazy(async () => ({ default: (await inTime(import("./pages/sign-in.tsx"))).SignInPage }));
const SuccessPage = lazy(async () => ({ default: (await inTime(import("./pages/success.tsx"))).SuccessPage }));

export function App() {
  return (
    <SessionProvider>
      <Layout>
        <Suspense fallback={<LoadingPage />}>
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
            <Route path="/checkout" component={CheckoutPage} />
            <Route path="/change" component={ChangePage} />
            <Route path="/cancel" component={CancelPage} />
            <Route component={NotFoundPage} />
          </Switch>
        </Suspense>
      </Layout>
    </SessionProvider>
  );
}

function LoadingPage() {
  return (
    <main className="page">
      <Skeleton what="the page" cards={1} />
    </main>
  );
}
