/** Why a text is not what its setting needs. The text itself is not quoted: it may be a secret. */
export class Unusable extends Error {}

/** Turns the text of a setting into its value; there is no text when the setting is not set. */
export type Parse<Value> = (text: string | undefined) => Value;

export function text(value: string | undefined): string {
  if (!value?.trim()) throw new Unusable("is not set");
  return value.trim();
}

export function address(value: string | undefined): string {
  const url = text(value);
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url.replace(/\/+$/, "");
  throw new Unusable("is no address: write it like https://example.com");
}

/** An address as browsers write it: in lower case, without the port that its protocol has anyway. */
export function siteAddress(value: string | undefined): string {
  return new URL(address(value)).href.replace(/\/+$/, "");
}

export function origins(value = ""): string[] {
  const given = value.split(",").filter((item) => item.trim());
  return given.map((item) => new URL(address(item)).origin);
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

/** For browsers. A secret key in its place would be built into the pages. */
export function publishableKey(value: string | undefined): string {
  const key = text(value);
  if (/^pk_(test|live)_\w+$/.test(key)) return key;
  throw new Unusable("is no publishable key of Stripe's: it begins with pk_test_ or pk_live_");
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
