import type { DashboardSettings } from "./rows.ts";
import type { Store } from "./store.ts";

/** As in an account where all is set up. */
const SET_UP: DashboardSettings = { id: "dashboard", tax: true, terms: true, portal: true, one_subscription_url: null };

export const dashboardOf = (store: Store): DashboardSettings => store.dashboard.find("dashboard") ?? SET_UP;
