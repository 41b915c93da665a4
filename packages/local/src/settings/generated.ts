import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JWK } from "jose";

const FILE = "settings.json";

/** What the local runtime makes up once and keeps. */
export interface GeneratedSettings {
  stripeSecretKey: string;
  stripeWebhookSecret: string;
  supabasePublishableKey: string;
  supabaseSecretKey: string;
  /** The private key (JWK, ES256) that access tokens are signed with. */
  supabaseJwtKey: JWK;
}

/** Reads `settings.json` of the data folder, and makes up what it lacks. Only its owner may read the file. */
export function keepGeneratedSettings(dataDir: string): GeneratedSettings {
  const file = join(dataDir, FILE);
  const kept: Partial<GeneratedSettings> = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  const settings = { ...generate(), ...kept };
  const draft = `${file}.new`;
  writeFileSync(draft, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file); // whole or not at all: half a file would make up new keys and sign everybody out
  return settings;
}

/** Whether the folder is one of ours, so that it may be deleted. */
export function isDataDir(dataDir: string): boolean {
  return existsSync(join(dataDir, FILE));
}

function generate(): GeneratedSettings {
  const random = (prefix: string) => prefix + randomBytes(24).toString("base64url").replace(/[-_]/g, "x");
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    stripeSecretKey: random("sk_test_"),
    stripeWebhookSecret: random("whsec_"),
    supabasePublishableKey: random("sb_publishable_"),
    supabaseSecretKey: random("sb_secret_"),
    supabaseJwtKey: { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), alg: "ES256", use: "sig" },
  };
}
