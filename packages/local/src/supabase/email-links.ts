import { createHash, randomUUID } from "node:crypto";
import type { Mailbox } from "./mailbox.ts";
import type { Tokens, TokenUser } from "./tokens.ts";

type Next = (request: Request) => Promise<Response>;

/** What the page that asked for an e-mail wants of the link in it. */
interface Wish {
  redirectTo: string | undefined;
  /** Hash of a secret that only that browser knows. */
  challenge: string | undefined;
}

interface Granted extends Wish {
  session: URLSearchParams;
}

const sendsEmail = /^\/auth\/v1\/(signup|recover|otp|magiclink|resend|user)$/;
const link = /(\/auth\/v1\/verify\?token=(\w+)&type=\w+&redirect_to=)[^\s"&<]*/g;

/**
 * The links of e-mails as a hosted project makes them, which lite does in part: they lead to the page that was asked for, and where
 * the browser sent a challenge (PKCE, as `@supabase/ssr` does) they bring a code there, of use to that browser alone, and no tokens.
 * https://supabase.com/docs/guides/auth/sessions/pkce-flow
 */
export class EmailLinks {
  readonly #tokens: Tokens;
  readonly #mailbox: Mailbox;
  /** By a link's token; kept when it was used, so that the second use is refused in the same way. */
  readonly #wishes = new Map<string, Wish>();
  readonly #granted = new Map<string, Granted>();

  constructor(tokens: Tokens, mailbox: Mailbox) {
    this.#tokens = tokens;
    this.#mailbox = mailbox;
  }

  /** Requests come one at a time: an e-mail that is sent meanwhile is that request's. */
  async handle(request: Request, next: Next): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/auth/v1/verify" && request.method === "GET")
      return this.#follow(await next(request), searchParams);
    if (pathname === "/auth/v1/verify") return next(await namedAsLiteDoes(request));
    if (pathname === "/auth/v1/token" && searchParams.get("grant_type") === "pkce")
      return this.#exchange(request, next);
    if (!sendsEmail.test(pathname) || request.method === "GET") return next(request);
    const { code_challenge: challenge, email } = (await request
      .clone()
      .json()
      .catch(() => ({}))) as { code_challenge?: string; email?: string };
    const wish = { redirectTo: searchParams.get("redirect_to") ?? undefined, challenge: challenge || undefined };
    // Lite asks the present address whether another is to take its place. The other has to show that it is theirs.
    const changed = pathname === "/auth/v1/user" ? email : undefined;
    this.#mailbox.prepare = ({ to, text }) => ({
      to: changed ?? to,
      // No page asks for the code of a change: its link works in any browser.
      text: this.#lead(
        changed ? text.replace(/with this code: \d+\s+Or follow this link/, "by this link") : text,
        wish,
      ),
    });
    return next(request);
  }

  #lead(text: string, wish: Wish): string {
    return text.replace(link, (whole: string, before: string, token: string) => {
      this.#wishes.set(token, wish);
      return wish.redirectTo ? before + encodeURIComponent(wish.redirectTo) : whole;
    });
  }

  /** Lite answers with the page's address, and behind `#` the session or why there is none. */
  async #follow(answer: Response, query: URLSearchParams): Promise<Response> {
    const [page = "", fragment = ""] = (answer.headers.get("location") ?? "").split("#");
    if (answer.status !== 303 || !URL.canParse(page)) return answer;
    const wish = this.#wishes.get(query.get("token") ?? "");
    const told = new URLSearchParams(fragment);
    const target = new URL(page);
    if (told.has("error")) {
      if (wish?.challenge) for (const [name, value] of told) target.searchParams.set(name, value);
      target.hash = fragment;
    } else if (wish?.challenge) {
      const code = randomUUID();
      this.#granted.set(code, { ...wish, session: told });
      target.searchParams.set("code", code);
    } else {
      told.set("access_token", await this.#tokens.issue(told.get("access_token") ?? "", {}));
      target.hash = `${told}`;
    }
    return new Response(null, { status: 303, headers: { location: `${target}` } }); // a redirect's own headers cannot be added to
  }

  async #exchange(request: Request, next: Next): Promise<Response> {
    const body = (await request
      .clone()
      .json()
      .catch(() => ({}))) as { auth_code?: string; code_verifier?: string };
    const granted = this.#granted.get(body.auth_code ?? "");
    if (!granted) return next(request);
    const hash = createHash("sha256")
      .update(body.code_verifier ?? "")
      .digest("base64url");
    if (hash !== granted.challenge) {
      const message = "code challenge does not match previously saved code verifier";
      return Response.json({ code: 400, error_code: "bad_code_verifier", msg: message }, { status: 400 });
    }
    this.#granted.delete(body.auth_code ?? "");
    const { type: _type, ...session } = Object.fromEntries(granted.session);
    const { headers } = request;
    const asked = new Request(new URL("/auth/v1/user", request.url), {
      headers: { apikey: headers.get("apikey") ?? "", authorization: `Bearer ${session.access_token}` },
    });
    const user = (await (await next(asked)).json()) as TokenUser;
    return Response.json({
      ...session,
      expires_in: Number(session.expires_in),
      expires_at: Number(session.expires_at),
      user,
    });
  }
}

/** A code of an e-mail, of whichever it is, comes as one of `email`; lite has that under the name it had before. */
async function namedAsLiteDoes(request: Request): Promise<Request> {
  const body = (await request
    .clone()
    .json()
    .catch(() => undefined)) as { type?: string } | undefined;
  return body?.type === "email"
    ? new Request(request, { body: JSON.stringify({ ...body, type: "magiclink" }) })
    : request;
}
