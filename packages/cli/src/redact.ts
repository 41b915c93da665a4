/** What a key looks like that lets its holder act: of Stripe's, Supabase's and AWS's, and an address with a password in it. */
const KEY =
  /\b(?:sk|rk)_(?:live|test|org)_[\w*]+|\bwhsec_[\w+/=]+|\bsb_secret_\w+|\beyJ[\w-]{10,}\.[\w-]+\.[\w-]*|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bpostgres(?:ql)?:\/\/[^\s@]+@[^\s"']+/g;
/** Settings that hold a secret, by their names. */
const SECRET_NAME = /SECRET|TOKEN|PASSWORD|_KEY$/;
const SHORTEST = 8;

const secrets = new Set<string>();

/** From now on none of what these variables keep secret is said, whatever it looks like. */
export function hide(variables: Record<string, string | undefined>): void {
  for (const [name, value = ""] of Object.entries(variables)) {
    if (!SECRET_NAME.test(name)) continue;
    for (const secret of value.split(",")) if (secret.trim().length >= SHORTEST) secrets.add(secret.trim());
  }
}

/** A text without the secrets in it. */
export function redact(text: string): string {
  return [...secrets].reduce((kept, secret) => kept.replaceAll(secret, "…"), text).replace(KEY, "…");
}

export function holdsKey(text: string): boolean {
  return text.search(KEY) >= 0;
}
