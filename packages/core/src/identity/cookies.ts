import {
  type CookieOptions,
  combineChunks,
  createChunks,
  DEFAULT_COOKIE_OPTIONS,
  isChunkLike,
  stringFromBase64URL,
  stringToBase64URL,
} from "@supabase/ssr";
import { unauthenticated } from "./refusals.ts";

/** A piece of a session, as `@supabase/ssr` keeps it in a browser. */
export interface SessionCookie {
  name: string;
  value: string;
}

/** A piece that is to be kept anew, and for how long. */
export interface ChangedCookie extends SessionCookie {
  options: CookieOptions;
}

const ENCODED = "base64-";

/** The cookie of this project's sessions; its pieces are numbered. Other projects' may lie beside it. */
export function cookieName(projectUrl: string): string {
  const [label] = new URL(projectUrl).hostname.split(".");
  return `sb-${label}-auth-token`;
}

/**
 * The tokens in a browser's session.
 * @returns undefined when there is none; an empty cookie is none
 * @throws BillingError `unauthenticated` for one that cannot be read, such as one of which a piece is missing
 */
export async function readSession(
  name: string,
  cookies: readonly SessionCookie[],
): Promise<{ accessToken: string; refreshToken: string | undefined } | undefined> {
  const pieces = new Map(piecesOf(name, cookies).map((piece) => [piece.name, piece.value]));
  if (pieces.size === 0) return undefined;
  try {
    const written = (await combineChunks(name, (piece) => pieces.get(piece))) ?? "";
    const text = written.startsWith(ENCODED) ? stringFromBase64URL(written.slice(ENCODED.length)) : written;
    const { access_token, refresh_token } = JSON.parse(text);
    if (typeof access_token !== "string") throw new TypeError("no access token");
    return { accessToken: access_token, refreshToken: typeof refresh_token === "string" ? refresh_token : undefined };
  } catch {
    throw unauthenticated("The session cookie cannot be read. Sign in again.");
  }
}

/** The cookies in which a browser keeps this session, and those to be removed that were pieces of the one before. */
export function writeSession(name: string, before: readonly SessionCookie[], session: object): ChangedCookie[] {
  const written = createChunks(name, ENCODED + stringToBase64URL(JSON.stringify(session)));
  const kept = new Set(written.map((piece) => piece.name));
  const leftOver = piecesOf(name, before).filter((piece) => !kept.has(piece.name));
  return [
    ...leftOver.map((piece) => ({ name: piece.name, value: "", options: { ...DEFAULT_COOKIE_OPTIONS, maxAge: 0 } })),
    ...written.map((piece) => ({ ...piece, options: DEFAULT_COOKIE_OPTIONS })),
  ];
}

function piecesOf(name: string, cookies: readonly SessionCookie[]): SessionCookie[] {
  return cookies.filter((cookie) => cookie.value && isChunkLike(cookie.name, name));
}
