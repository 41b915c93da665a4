import type Stripe from "stripe";
import { objects } from "../mirror/index.ts";
import {
  getAccount,
  isForbidden,
  isUnknownKey,
  isUnreachable,
  read,
  UnnamedAccountError,
  write,
} from "../stripe/index.ts";
import type { Check, Examined } from "./finding.ts";
import { count } from "./finding.ts";

export const KEYS = "https://dashboard.stripe.com/apikeys";

export const stripeKey: Check = {
  name: "stripe key",
  async look({ stripe, isKeyRestricted }) {
    try {
      await getAccount(stripe, { maxNetworkRetries: 1, timeout: 10_000 });
    } catch (error) {
      if (isUnknownKey(error)) {
        return {
          says: "STRIPE_SECRET_KEY is refused",
          why: "Nothing is sold, and no event whose object must be asked for is applied.",
          mend: `copy a key from ${KEYS} and set it: npx sst secrets load FILE, or in .env`,
        };
      }
      if (isUnreachable(error)) {
        return {
          says: "Stripe does not answer",
          why: "Nothing is sold, and what only Stripe knows was not looked at.",
          mend: "see whether there is a network from here, and what https://status.stripe.com says; then run this again",
        };
      }
      if (!(error instanceof UnnamedAccountError)) throw error;
      return {
        says: "Stripe does not say whose the restricted key is",
        why: "No event is applied and nobody new can buy, so that two accounts are never mixed.",
        mend: `let it read the account (rak_accounts_kyc_basic_read) at ${KEYS}, or use a secret key`,
      };
    }
    return { ok: `is good: ${isKeyRestricted ? "a restricted key, " : ""}${stripe.livemode ? "live" : "test"} mode` };
  },
};

export const stripeMode: Check = {
  name: "stripe mode",
  async look({ stripe, webhookUrl }) {
    const isPublic = webhookUrl !== undefined && new URL(webhookUrl).protocol === "https:";
    if (stripe.livemode && !isPublic) {
      return {
        state: "warning",
        says: "A live key is used where nobody else can reach",
        why: "What is tried out here moves real money.",
        mend: "set STRIPE_SECRET_KEY to a test key, sk_test_…",
      };
    }
    return { ok: stripe.livemode ? "live: real money" : "test: no money moves" };
  },
};

const NOBODY = "turnpike_doctor";

/** What is read beside the mirrored objects. */
const ALSO_READ = ["/v1/events", "/v1/webhook_endpoints", "/v1/billing_portal/configurations", "/v1/tax/settings"];

/** What the functions do at Stripe. Each is tried without naming an object, or on one that does not exist: nothing comes of it. */
const PERMISSIONS: [name: string, ask: (stripe: Stripe) => Promise<unknown>][] = [
  ...[...Object.values(objects).map(({ listed }) => listed.path), ...ALSO_READ].map(
    (path): [string, (stripe: Stripe) => Promise<unknown>] => [
      `read ${path.replace("/v1/", "").replace(/[_/]/g, " ")}`,
      (stripe) => read(stripe, path, path.endsWith("settings") ? {} : { limit: 1 }),
    ],
  ),
  ["write customers", (stripe) => write(stripe, `/v1/customers/${NOBODY}`)],
  ["write subscriptions", (stripe) => write(stripe, `/v1/subscriptions/${NOBODY}`)],
  ["write subscription schedules", (stripe) => write(stripe, `/v1/subscription_schedules/${NOBODY}`)],
  ["write invoices", (stripe) => write(stripe, `/v1/invoices/${NOBODY}/void`)],
  ["write refunds", (stripe) => write(stripe, `/v1/refunds/${NOBODY}`)],
  ["write checkout sessions", (stripe) => write(stripe, `/v1/checkout/sessions/${NOBODY}/expire`)],
  ["write portal sessions", (stripe) => write(stripe, "/v1/billing_portal/sessions", { customer: NOBODY })],
];

export const permissions: Check = {
  name: "permissions",
  async look({ stripe, isKeyRestricted }) {
    if (!isKeyRestricted) return { ok: "a secret key may do everything" };
    const lacking: string[] = [];
    for (const [name, ask] of PERMISSIONS) {
      await ask(stripe).catch((error) => {
        if (isForbidden(error)) lacking.push(name);
      });
    }
    if (lacking.length === 0) return { ok: "the restricted key may do what the functions do" };
    return {
      says: `The restricted key lacks ${count(lacking.length, "permission")}`,
      details: lacking.map((name) => `it may not ${name}`),
      why: "Sales, the portal, or the mirror of these objects fail.",
      mend: `add them to the key at ${KEYS}`,
    };
  },
};

export const account: Check = {
  name: "account",
  async look({ stripe, account }) {
    const { id, mirrored } = await account();
    if (!mirrored) {
      return {
        state: "warning",
        says: "No account is mirrored yet",
        details: [`The first event or reconciliation decides that it is ${id}`],
        why: "Until then pages show no prices.",
        mend: "wait for the reconciliation, a quarter of an hour at the most; if nothing comes, look at the function's log",
      };
    }
    if (mirrored.id !== id || mirrored.livemode !== stripe.livemode) {
      const mode = (live: boolean) => `${live ? "live" : "test"} mode`;
      return {
        says: "The secret key is of another account or mode than the one that is mirrored",
        details: [
          `mirrored: ${mirrored.id} in ${mode(mirrored.livemode)}`,
          `the key's: ${id} in ${mode(stripe.livemode)}`,
        ],
        why: "No event is applied, so that two accounts are never mixed.",
        mend: `set STRIPE_SECRET_KEY to a key of ${mirrored.id} in ${mode(mirrored.livemode)}, or, to show the key's from now on, empty the mirror: select billing.empty_mirror('${id}', livemode => ${stripe.livemode});`,
      };
    }
    if (mirrored.refused_events > 0) {
      return {
        says: `${count(mirrored.refused_events, "event")} of the last hour came from another account, or the other mode, and were refused`,
        why: "An endpoint of the other mode, or of an organisation, sends to this address; its own stage gets nothing.",
        mend: "https://dashboard.stripe.com/webhooks: delete that endpoint, or give it its own stage's address",
      };
    }
    return { ok: `${id} is what is mirrored` };
  },
};

export const clock: Check = {
  name: "clock",
  async look({ clockAhead, state }) {
    const here = await clockAhead();
    const database = here - (Date.now() - Date.parse((await state()).now)) / 1000;
    const [off, whose] = Math.abs(here) > Math.abs(database) ? [here, "This machine's"] : [database, "The database's"];
    // The answers' own delay and Stripe's whole seconds are in it.
    if (Math.abs(off) < 30) return { ok: "ours, the database's and Stripe's agree" };
    return {
      state: Math.abs(off) > 240 ? "wrong" : "warning",
      says: `${whose} clock is ${Math.abs(Math.round(off))} s ${off > 0 ? "ahead of" : "behind"} Stripe's`,
      why: "Beyond five minutes the signature of every webhook is refused.",
      mend: "sudo timedatectl set-ntp true, or whatever sets the clock there",
    };
  },
};

const missingIn = async ({ stripe }: Examined) => {
  const { data } = await read<Stripe.ApiList<Stripe.BillingPortal.Configuration>>(
    stripe,
    "/v1/billing_portal/configurations",
    { is_default: true, limit: 1 },
  );
  const [found] = data;
  if (!found) return undefined;
  const { subscription_cancel: cancel, payment_method_update: card, invoice_history: invoices } = found.features;
  return [
    ...(cancel.enabled ? [] : ["subscriptions cannot be cancelled"]),
    ...(card.enabled ? [] : ["cards cannot be changed"]),
    ...(invoices.enabled ? [] : ["invoices are not shown"]),
  ];
};

export const portal: Check = {
  name: "portal",
  async look(subject) {
    const missing = await missingIn(subject);
    const page = `https://dashboard.stripe.com/${subject.stripe.livemode ? "" : "test/"}settings/billing/portal`;
    if (!missing) {
      return {
        says: "The customer portal was never set up",
        why: "Nobody can manage or cancel what they bought: Stripe refuses to open it.",
        mend: `save its settings once at ${page}, then ${subject.command("setup")}`,
      };
    }
    if (missing.length === 0) return { ok: "is set up: cancel, change the card, see invoices" };
    return {
      state: "warning",
      says: "The customer portal lacks what customers need",
      details: missing,
      why: "Whoever cannot leave by themselves asks you, or their bank.",
      mend: subject.command("setup"),
    };
  },
};

export const tax: Check = {
  name: "tax",
  async look({ stripe }) {
    const settings = await read<Stripe.Tax.Settings>(stripe, "/v1/tax/settings");
    if (settings.status === "active") return { ok: "automatic tax is set up" };
    return {
      says: "Automatic tax is not set up",
      details: (settings.status_details.pending?.missing_fields ?? []).map((field) => `${field} is missing`),
      why: "Stripe refuses to open Checkout: nothing can be sold.",
      mend: `fill it in at https://dashboard.stripe.com/${stripe.livemode ? "" : "test/"}settings/tax`,
    };
  },
};

export const customerEmails: Check = {
  name: "customer e-mails",
  look: async ({ stripe }) => {
    const settings = `https://dashboard.stripe.com/${stripe.livemode ? "" : "test/"}settings`;
    return {
      state: "unknown",
      says: "Stripe's API does not say whether it mails customers about failed payments, trials that end and receipts",
      why: "Nobody else tells them: a subscription ends because of a card that expired.",
      mend: `look at ${settings}/billing/automatic and, for receipts, ${settings}/emails`,
    };
  },
};
