import { type Project, refreshSession, type Session } from "./auth.ts";

const REMEMBERED_FOR_MS = 60_000;

interface Refresh {
  refreshToken: string;
  at: number;
  answer: Promise<Session | undefined>;
}

/**
 * Refreshes sessions, with each expired token once a minute at the most, and remembers the answer for as long: the requests of one
 * page bring the same token, and one token that has expired would be enough to try out refresh tokens with.
 */
export class Refreshes {
  readonly #project: Project;
  readonly #recent = new Map<string, Refresh>();

  constructor(project: Project) {
    this.#project = project;
  }

  /**
   * @param expiredToken one with a good signature
   * @returns undefined when the session is over
   * @throws BillingError `auth_unavailable`
   */
  async refresh(expiredToken: string, refreshToken: string): Promise<Session | undefined> {
    this.#forgetOld();
    const recent = this.#recent.get(expiredToken);
    if (recent) return recent.refreshToken === refreshToken ? recent.answer : undefined;

    const answer = refreshSession(this.#project, refreshToken);
    this.#recent.set(expiredToken, { refreshToken, at: Date.now(), answer });
    return answer.catch((error) => {
      this.#recent.delete(expiredToken);
      throw error;
    });
  }

  #forgetOld(): void {
    for (const [token, { at }] of this.#recent) {
      if (Date.now() < at + REMEMBERED_FOR_MS) return; // they are in the order of their time
      this.#recent.delete(token);
    }
  }
}
