import { Route, Switch } from "wouter";
import { Layout } from "./components/layout.tsx";
import { AccountPage } from "./pages/account.tsx";
import { ByEmailPage } from "./pages/by-email.tsx";
import { CancelPage } from "./pages/cancel.tsx";
import { ChangePage } from "./pages/change.tsx";
import { CheckoutPage } from "./pages/checkout.tsx";
import { NewPasswordPage } from "./pages/new-password.tsx";
import { NotFoundPage } from "./pages/not-found.tsx";
import { PricingPage } from "./pages/pricing.tsx";
import { SettingsPage } from "./pages/settings.tsx";
import { SignInPage } from "./pages/sign-in.tsx";
import { SuccessPage } from "./pages/success.tsx";
import { SessionProvider } from "./session.tsx";

export function App() {
  return (
    <SessionProvider>
      <Layout>
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
      </Layout>
    </SessionProvider>
  );
}
