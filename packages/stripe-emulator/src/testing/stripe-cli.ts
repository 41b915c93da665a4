import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const NO_CLI = `Stripe's CLI is not installed: npm install --no-save @stripe/cli-${process.platform}-${process.arch}@1.52.0`;

/** The binary of the npm package for this platform; `STRIPE_CLI` names another one. */
export function findStripeCli(): string | undefined {
  const asked = process.env.STRIPE_CLI;
  if (asked !== undefined) return existsSync(asked) ? asked : undefined;
  const file = process.platform === "win32" ? "stripe.exe" : "stripe";
  try {
    // The binary's own package: its wrapper, @stripe/cli, only looks it up.
    const platform = createRequire(import.meta.url).resolve(
      `@stripe/cli-${process.platform}-${process.arch}/package.json`,
    );
    return join(dirname(platform), "bin", file);
  } catch {
    return undefined;
  }
}

export const cli = findStripeCli();

export const skipReason = cli === undefined ? ` (skipped: ${NO_CLI})` : "";

export interface Ran {
  code: number | null;
  output: string;
}

/** Starts the CLI with a home of its own against the emulator at `origin`; it never reaches the network. */
export function startCli(
  origin: string,
  args: string[],
): { child: ChildProcess; ended: Promise<Ran>; output(): string } {
  const home = mkdtempSync(join(tmpdir(), "stripe-cli-"));
  // Whatever it wants over https, such as news of its newer versions, finds a closed door.
  const offline = { STRIPE_CLI_TELEMETRY_OPTOUT: "1", HTTPS_PROXY: "http://127.0.0.1:1" };
  const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: home, ...offline };
  const child = spawn(cli ?? "", [...args, "--api-base", origin, "--api-key", "sk_test_cli12345678"], { env });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  const ended = new Promise<Ran>((resolve) =>
    child.once("close", (code) => {
      rmSync(home, { recursive: true, force: true });
      resolve({ code, output });
    }),
  );
  return { child, ended, output: () => output };
}

export const runCli = (origin: string, ...args: string[]): Promise<Ran> => startCli(origin, args).ended;
