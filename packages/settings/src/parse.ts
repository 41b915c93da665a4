/** Why a text is not what its setting needs. The text itself is not quoted: it may be a secret. */
export class Unusable extends Error {}

/** Turns the text of a setting into its value; there is no text when the setting is not set. */
export type Parse<Value> = (text: string | undefined) => Value;

export function text(value: string | undefined): string {
  if (!value?.trim()) throw new Unusable("is not set");
  return value.trim();
}

/** As browsers write an origin: in lower case, without the port that its protocol has anyway, and with no slash at the end. */
export function address(value: string | undefined): string {
  const url = web(value);
  const { origin } = url;
  if (url.href.replace(/\/+$/, "") === origin) return origin;
  throw new Unusable("has more than a host: write it like https://example.com, with nothing behind");
}

export function origins(value = ""): string[] {
  return value.split(",").flatMap((item) => (item.trim() ? web(item).origin : []));
}

function web(value: string | undefined): URL {
  const url = text(value);
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return new URL(url);
  throw new Unusable("is no address: write it like https://example.com");
}

/** Bare host names. */
export function domains(value = ""): string[] {
  const given = value.split(",").map((item) => item.trim().toLowerCase());
  return given.filter(Boolean).map((domain) => {
    if (/^([a-z0-9-]+\.)+[a-z0-9-]+$/.test(domain)) return domain;
    throw new Unusable("holds what is no domain: write it like pay.example.com");
  });
}

/** Stacks, queues and alarms begin with it, and some of these names have 64 characters at most. */
export function appName(value = "turnpike"): string {
  if (/^[a-z][a-z0-9-]{0,19}$/.test(value)) return value;
  throw new Unusable(`is "${value}": write up to twenty small letters, digits and hyphens, and a letter first`);
}

/** What a key is, by how it begins. */
const KINDS: [begins: RegExp, is: string][] = [
  [/^pk_/, "the publishable key of Stripe"],
  [/^sk_/, "a secret key of Stripe's"],
  [/^rk_/, "a restricted key of Stripe's"],
  [/^whsec_/, "a webhook's signing secret"],
  [/^sb_publishable_/, "the publishable key of Supabase"],
  [/^sb_secret_/, "a secret key of Supabase's"],
  [/^sbp_/, "an access token for Supabase's own API"],
  [/^eyJ/, "a JWT of another kind"],
];

function key(shape: RegExp, advice: string, isLegacy = (_key: string) => false): Parse<string> {
  return (value) => {
    const given = text(value);
    if (shape.test(given) || isLegacy(given)) return given;
    const [, kind] = KINDS.find(([begins]) => begins.test(given)) ?? [];
    throw new Unusable(`holds ${kind ?? "no such key"}: copy ${advice}`);
  };
}

/** Whether it is one of the two keys that Supabase's projects had before: a token for that role. */
function grants(role: "anon" | "service_role") {
  return (token: string): boolean => {
    const [, payload = ""] = token.split(".");
    const { iss, role: granted } = (parseJson(Buffer.from(payload, "base64url").toString()) ?? {}) as Record<
      string,
      unknown
    >;
    return granted === role && iss !== undefined;
  };
}

export const stripeSecretKey = key(
  /^(sk|rk)_(test|live)_\w+$/,
  "the secret key of Stripe (sk_…), or a restricted one (rk_…)",
);

/** For browsers. A secret key in its place would be built into the pages. */
export const stripePublishableKey = key(/^pk_(test|live)_\w+$/, "the publishable key of Stripe (pk_…)");

const webhookSecret = key(/^whsec_[\w+/=]+$/, "the signing secret of Stripe's webhook endpoint (whsec_…)");
export function webhookSecrets(value: string | undefined): string {
  const given = text(value).split(",");
  return text(given.flatMap((item) => (item.trim() ? webhookSecret(item) : [])).join(","));
}

/** As `stripePublishableKey`. */
export const supabasePublishableKey = key(
  /^sb_publishable_[\w-]+$/,
  "the publishable key of the Supabase project (sb_publishable_…)",
  grants("anon"),
);
export const supabaseSecretKey = key(
  /^sb_secret_[\w-]+$/,
  "a secret key of the Supabase project (sb_secret_…)",
  grants("service_role"),
);

export function emailAddress(value: string | undefined): string {
  const address = text(value);
  if (/^[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>]+$/.test(address)) return address;
  throw new Unusable("is no single e-mail address: write it like ops@example.com");
}

/** As Route 53 lists it. */
export function hostedZone(value: string | undefined): string {
  const id = text(value);
  if (/^Z[A-Z0-9]+$/.test(id)) return id;
  throw new Unusable("is no zone's id of Route 53: write it like Z0123456789ABCDEFGHIJ");
}

/** CloudFront takes no other region's. */
export function siteCertificate(value: string | undefined): string {
  const arn = text(value);
  if (/^arn:aws[\w-]*:acm:us-east-1:\d{12}:certificate\/[\w-]+$/.test(arn)) return arn;
  throw new Unusable("is no certificate of us-east-1: write it like arn:aws:acm:us-east-1:123456789012:certificate/…");
}

export function folder(value = ".turnpike"): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is meant
  if (!/[\u0000-\u001f\u007f]/.test(value)) return value;
  throw new Unusable("holds a line break, or another character that cannot be shown");
}

/** As AWS lists it: https://docs.stripe.com/event-destinations/eventbridge */
export function partnerEventSource(value: string | undefined): string {
  const name = text(value);
  if (/^aws\.partner\/stripe\.com\/[\w-]+$/.test(name)) return name;
  throw new Unusable("is no partner event source of Stripe's: write it like aws.partner/stripe.com/ed_…");
}

export const onOff = switched("off", "set it to on, or leave it empty");
/** As `onOff`, where nothing means on. */
export const onUnlessOff = switched("on", "set it to off, or leave it empty");

function switched(otherwise: "on" | "off", advice: string) {
  return (value: string = otherwise): boolean => {
    if (value === "on" || value === "off") return value === "on";
    throw new Unusable(`is "${value}": ${advice}`);
  };
}

/** One of these words; the first when it is not set. */
export function oneOf<const Words extends readonly [string, ...string[]]>(...words: Words): Parse<Words[number]> {
  return (value = words[0]) => {
    if (words.includes(value)) return value;
    throw new Unusable(`is "${value}": set it to one of ${words.join(", ")}`);
  };
}

export function port(value = "3000"): number {
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value);
  throw new Unusable(`is "${value}", which is no port: set it to a number from 1 to 65535`);
}

/** A private key for ES256, as a JWK: https://www.rfc-editor.org/rfc/rfc7517 */
export interface PrivateKey {
  [member: string]: unknown;
  kty: "EC";
  crv: "P-256";
  d: string;
}

export function privateKey(value: string | undefined): PrivateKey {
  const key = parseJson(text(value));
  if (isPrivateKey(key)) return key;
  throw new Unusable("is no private ES256 key: set it to a JWK as JSON with kty, crv, x, y and d, or leave it out");
}

function isPrivateKey(key: unknown): key is PrivateKey {
  const { kty, crv, d } = (key ?? {}) as Record<string, unknown>;
  return kty === "EC" && crv === "P-256" && typeof d === "string" && d !== "";
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // not repeated in an error: the text is a secret
  }
}

/** For a setting that need not be set. */
export function optional<Value>(parse: Parse<Value>): Parse<Value | undefined> {
  return (value) => (value ? parse(value) : undefined);
}
