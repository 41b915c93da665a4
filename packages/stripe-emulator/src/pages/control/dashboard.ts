import { html } from "hono/html";
import type { Controls } from "../../controls.ts";
import { dashboardOf } from "../../state/dashboard.ts";
import { formOf } from "../form.ts";
import type { Action } from "./action.ts";
import { ROOM, type Screen } from "./layout.ts";

/** The switches of Stripe's dashboard that no API call reaches. */
export function dashboardScreen({ world }: Controls): Screen {
  const { tax, portal, one_subscription_url: url } = dashboardOf(world.store);
  const box = (name: string, on: boolean, label: string) =>
    html`<label class="row start"><input type="checkbox" name="${name}" value="on" ${on ? "checked" : ""}> ${label}</label>`;
  const body = html`<p class="soft">What an account's owner sets in Stripe's dashboard. Take something away to see what your code says to it.</p>
<form class="box" method="post" action="${ROOM}/dashboard">
${box("tax", tax, "The tax settings have a head office")}
${box("portal", portal, "The portal's settings were saved")}
<div class="field"><label for="one_subscription_url">Send customers who have a subscription to (empty: they may buy another)</label>
<input id="one_subscription_url" name="one_subscription_url" type="url" value="${url ?? ""}" placeholder="http://localhost:3000/account?email={CUSTOMER_EMAIL}"></div>
<button type="submit">Save</button></form>`;
  return { section: "dashboard", title: "Dashboard", body };
}

export const dashboardActions = (controls: Controls): Action[] => [
  {
    path: "dashboard",
    show: () => dashboardScreen(controls),
    async act({ request }) {
      const { tax, portal, one_subscription_url: url } = await formOf(request);
      controls.setDashboard({ tax: tax === "on", portal: portal === "on", one_subscription_url: url?.trim() || null });
      return "dashboard?said=saved";
    },
  },
];
