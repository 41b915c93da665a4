import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Plugin } from "./esbuild.ts";

// Stripe's client makes each of its 180 resources when it is made; these are the ones that core uses.
const STRIPE_RESOURCES = [
  "BillingPortal/(index|Sessions)",
  "Charges",
  "Checkout/(index|Sessions)",
  "Customers",
  "Disputes",
  "Entitlements/(index|ActiveEntitlements)",
  "Events",
  "InvoicePayments",
  "Invoices",
  "PaymentIntents",
  "PaymentMethods",
  "Prices",
  "Products",
  "Refunds",
  "Subscriptions",
];

/** The libraries' modules that no code of ours reaches. */
const LEFT_OUT = [
  new RegExp(`/stripe/esm/resources/(?!(${STRIPE_RESOURCES.join("|")})\\.js$)`),
  /\/stripe\/esm\/(StripeEventNotificationHandler|autoPagination|multipart)\.js$/,
  /\/stripe\/esm\/(net\/FetchHttpClient|crypto\/SubtleCryptoProvider)\.js$/,
  /\/stripe\/esm\/Webhooks\.js$/, // where it is needed, stripe-webhooks.ts brings it
  /\/@supabase\/auth-js\/dist\/module\/(GoTrueAdminApi|lib\/webauthn|lib\/web3\/ethereum)\.js$/,
];

/**
 * Leaves out of the bundles those modules of the libraries that are never used. A module is read and compiled even if nothing of it
 * runs, and Stripe's and Supabase's clients import all of theirs.
 */
export const leaveOut: Plugin = {
  name: "leave-out",
  setup(build) {
    build.onResolve({ filter: /^\./, namespace: "file" }, ({ path, importer }) => {
      if (!/[\\/]node_modules[\\/](stripe|@supabase[\\/]auth-js)[\\/]/.test(importer)) return undefined;
      const file = join(dirname(importer), path.endsWith(".js") ? path : `${path}.js`).replaceAll("\\", "/");
      // `Stripe.resources`: all of them once more.
      if (file.endsWith("/stripe/esm/resources.js")) return standIn(build, "stripe-resources");
      return LEFT_OUT.some((pattern) => pattern.test(file)) ? { path: file, namespace: "left-out" } : undefined;
    });
    build.onLoad({ filter: /.*/, namespace: "left-out" }, ({ path }) => ({
      contents: `import { LeftOut } from "./left-out.ts"; export { ${exportsOf(path)} }`,
      resolveDir: standInFolder(build),
    }));
    build.onResolve({ filter: /^@supabase\/(functions|realtime|storage)-js$/ }, ({ path }) => standIn(build, path));
  },
};

/** For functions that sign nobody in: the half of Supabase's client that is about sessions. */
export const leaveOutSignIn: Plugin = {
  name: "leave-out-sign-in",
  setup(build) {
    build.onResolve({ filter: /^@supabase\/auth-js$/ }, ({ path }) => standIn(build, path));
  },
};

type Build = Parameters<Plugin["setup"]>[0];

/** By the project's folder: when SST deploys, it has bundled this very file to another place. */
function standInFolder({ initialOptions }: Build): string {
  return join(initialOptions.absWorkingDir ?? process.cwd(), "stacks/bundling/stand-ins");
}

/** `@supabase/auth-js` → `supabase-auth-js.ts` */
function standIn(build: Build, name: string) {
  return { path: join(standInFolder(build), `${name.replace("@supabase/", "supabase-")}.ts`) };
}

/** What a module exports, as the standing-in one must too. */
function exportsOf(file: string): string {
  const declarations = readFileSync(file, "utf8").matchAll(
    /^export (default )?(?:async )?(?:class|const|function) (\w+)/gm,
  );
  return [...declarations].map(([, isDefault, name]) => `LeftOut as ${isDefault ? "default" : name}`).join(", ");
}
