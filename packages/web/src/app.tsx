import { Route, Switch } from "wouter";
import { Layout } from "./components/layout.tsx";
import { AccountPage } from "./pages/account.tsx";
import { CancelPage } from "./pages/cancel.tsx";
import { ChangePage } from "./pages/change.tsx";
import { NotFoundPage } from "./pages/not-found.tsx";
import { PricingPage } from "./pages/pricing.tsx";
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
          <Route path="/success" component={SuccessPage} />
          <Route path="/account" component={AccountPage} />
          <Route path="/change" component={ChangePage} />
          <Route path="/cancel" component={CancelPage} />
          <Route component={NotFoundPage} />
        </Switch>
      </Layout>
    </SessionProvider>
  );
}
