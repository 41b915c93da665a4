import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Plugin } from "./esbuild.ts";

/**
 * The modules of Stripe's client that core calls, as its source names them: `stripe.checkout.sessions.create(` is
 * `Checkout/Sessions`. The client makes each of its 180 resources when it is made.
 */
export function usedResources(coreFolder: string): string[] {
  const sources = readdirSync(coreFolder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const calls = sources.flatMap((file) => [
    ...readFileSync(join(coreFolder, file), "utf8").matchAll(/\bstripe((?:\s*\.\w+)+)\s*\(/g),
  ]);
  const modules = calls.flatMap(([, path = ""]) => {
    const names = path.split(".").map((part) => part.trim());
    const [first = "", ...rest] = names.slice(1, -1).map((name) => name.charAt(0).toUpperCase() + name.slice(1));
    return rest.length > 0 ? [`${first}/index`, [first, ...rest].join("/")] : first;
  });
  return [...new Set(modules)].filter(Boolean).sort();
}

/** The libraries' modules that no code of ours reaches. */
const LEFT_OUT = [
  /\/stripe\/esm\/(StripeEventNotificationHandler|autoPagination|multipart)\.js$/,
  /\/stripe\/esm\/(net\/FetchHttpClient|crypto\/SubtleCryptoProvider)\.js$/,
  /\/stripe\/esm\/Webhooks\.js$/, // where it is needed, stripe-webhooks.ts brings it
];

/**
 * Leaves out of the bundles those modules of the libraries that are never used. A module is read and compiled even if nothing of it
 * runs, and Stripe's and Supabase's clients import all of theirs.
 */
export const leaveOut: Plugin = {
  name: "leave-out",
  setup(build) {
    const used = usedResources(join(workingDir(build), "packages/core/src")).join("|");
    const leftOut = [new RegExp(`/stripe/esm/resources/(?!(${used})\\.js$)`), ...LEFT_OUT];
    build.onResolve({ filter: /^\./, namespace: "file" }, ({ path, importer }) => {
      if (!/[\\/]node_modules[\\/]stripe[\\/]/.test(importer)) return undefined;
      const file = join(dirname(importer), path.endsWith(".js") ? path : `${path}.js`).replaceAll("\\", "/");
      // `Stripe.resources`: all of them once more.
      if (file.endsWith("/stripe/esm/resources.js")) return standIn(build, "stripe-resources");
      return leftOut.some((pattern) => pattern.test(file)) ? { path: file, namespace: "left-out" } : undefined;
    });
    build.onLoad({ filter: /.*/, namespace: "left-out" }, ({ path }) => ({
      contents: `import { LeftOut } from "./left-out.ts"; export { ${exportsOf(path)} }`,
      resolveDir: standInFolder(build),
    }));
    build.onResolve({ filter: /^@supabase\/(auth|functions|realtime|storage)-js$/ }, ({ path }) =>
      standIn(build, path),
    );
  },
};

type Build = Parameters<Plugin["setup"]>[0];

/** The project's folder: when SST deploys, it has bundled this very file to another place. */
function workingDir({ initialOptions }: Build): string {
  return initialOptions.absWorkingDir ?? process.cwd();
}

function standInFolder(build: Build): string {
  return join(workingDir(build), "stacks/bundling/stand-ins");
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
