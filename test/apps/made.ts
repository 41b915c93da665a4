import { execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { vi } from "vitest";

const FOLDER = join(import.meta.dirname);
const BUTTONS = join(import.meta.dirname, "../../packages/web/src/buttons");

/** A page with all that docs/buttons.md shows. What is sold, where and to whom stands in its address. */
const SHOP = `"use client";
import { createClient } from "@supabase/supabase-js";
import { useEffect, useState } from "react";
import { ButtonAccount } from "./buttons/button-account";
import { ButtonCheckout } from "./buttons/button-checkout";
import { createBilling } from "./buttons/client";
import { useSubscriptions } from "./buttons/rows";

export function Shop() {
  const [given, setGiven] = useState<URLSearchParams>();
  useEffect(() => setGiven(new URLSearchParams(window.location.hash.slice(1))), []);
  if (!given) return null;
  const token = given.get("token") ?? undefined;
  const api = { baseUrl: given.get("api") ?? "", getAccessToken: async () => token };
  const successUrl = window.location.origin + "/?session={CHECKOUT_SESSION_ID}";
  return (
    <main>
      <ButtonCheckout {...api} priceId={given.get("price") ?? ""} mode="subscription" successUrl={successUrl} cancelUrl={window.location.origin}>
        Subscribe
      </ButtonCheckout>
      <ButtonAccount {...api} returnUrl={window.location.origin}>Manage billing</ButtonAccount>
      <Plan given={given} />
    </main>
  );
}

function Plan({ given }: { given: URLSearchParams }) {
  const of = (name: string) => given.get(name) ?? "";
  const accessToken = async () => of("token");
  const [supabase] = useState(() => createClient(of("supabase"), of("key"), { accessToken }));
  const [billing] = useState(() => createBilling({ baseUrl: of("api"), getAccessToken: accessToken }));
  const { rows } = useSubscriptions(supabase);
  const [next, setNext] = useState("");
  const ask = async () => {
    const { next, currency } = await billing.post("/api/subscriptions/next-payment", { subscriptionId: rows?.[0]?.id });
    setNext("Next: " + next?.amount + " " + currency);
  };
  return (
    <>
      {rows?.map(({ id, status }) => <p key={id}>{"Plan: " + status}</p>)}
      <button type="button" onClick={ask}>What is next</button>
      <p>{next}</p>
    </>
  );
}
`;

const STRICT = {
  target: "ES2022",
  lib: ["ES2022", "DOM", "DOM.Iterable"],
  module: "ESNext",
  moduleResolution: "bundler",
  allowImportingTsExtensions: true,
  jsx: "react-jsx",
  strict: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  noEmit: true,
  skipLibCheck: true,
};

interface App {
  files: Record<string, string>;
  source: string;
  build: string[][];
  serve(port: number): string[];
}

const json = (value: unknown) => JSON.stringify(value, undefined, 2);
const bin = (name: string) => join(FOLDER, "node_modules", name);

/** As their makers' templates have them, with a strict compiler. */
export const apps = {
  "Vite's": {
    source: "src",
    files: {
      "package.json": json({ name: "vite-app", private: true, type: "module" }),
      "index.html": '<div id="root"></div><script type="module" src="/src/main.tsx"></script>',
      "tsconfig.json": json({
        compilerOptions: { ...STRICT, types: ["vite/client"], verbatimModuleSyntax: true, erasableSyntaxOnly: true },
        include: ["src"],
      }),
      "src/main.tsx": `import { createRoot } from "react-dom/client";
import { Shop } from "./shop.tsx";
createRoot(document.getElementById("root") as HTMLElement).render(<Shop />);
`,
    },
    build: [
      [bin("typescript/bin/tsc"), "-p", "."],
      [bin("vite/bin/vite.js"), "build"],
    ],
    serve: (port) => [bin("vite/bin/vite.js"), "preview", "--port", `${port}`, "--strictPort"],
  },
  "Next.js'": {
    source: "app",
    files: {
      "package.json": json({ name: "next-app", private: true }),
      "next.config.mjs": `export default { turbopack: { root: ${JSON.stringify(FOLDER)} }, outputFileTracingRoot: ${JSON.stringify(FOLDER)} };\n`,
      "tsconfig.json": json({
        compilerOptions: {
          ...STRICT,
          allowJs: true,
          esModuleInterop: true,
          resolveJsonModule: true,
          isolatedModules: true,
          incremental: true,
          plugins: [{ name: "next" }],
        },
        include: ["**/*.ts", "**/*.tsx", ".next/types/**/*.ts"],
        exclude: ["node_modules"],
      }),
      "app/layout.tsx": `export default function Layout({ children }: { children: React.ReactNode }) {
  return <html lang="en"><body>{children}</body></html>;
}
`,
      "app/page.tsx": `import { Shop } from "./shop";
export default function Page() { return <Shop />; }
`,
    },
    build: [[bin("next/dist/bin/next"), "build"]],
    serve: (port) => [bin("next/dist/bin/next"), "start", "--port", `${port}`],
  },
} satisfies Record<string, App>;

/** Makes an app, checks its types, builds it and serves it. */
export async function serveApp(name: keyof typeof apps, port: number) {
  const { files, source, build, serve }: App = apps[name];
  const folder = mkdtempSync(join(FOLDER, "made-"));
  for (const [path, text] of Object.entries({ ...files, [`${source}/shop.tsx`]: SHOP })) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  for (const file of readdirSync(BUTTONS).filter((each) => !each.includes(".test.")))
    cpSync(join(BUTTONS, file), join(folder, source, "buttons", file));
  const env = { PATH: process.env.PATH, HOME: folder, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" } as const;
  for (const command of build) await promisify(execFile)(process.execPath, command, { cwd: folder, env });
  const server = spawn(process.execPath, serve(port), { cwd: folder, env, stdio: "ignore" });
  const url = `http://localhost:${port}`;
  await vi.waitFor(() => fetch(url), { timeout: 30_000, interval: 200 });
  return {
    url,
    close() {
      server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
