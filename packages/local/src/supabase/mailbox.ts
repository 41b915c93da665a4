import type { EmailDriver, EmailMessage } from "@supabase/lite";

/** An e-mail that would have gone out. */
export interface Mail {
  to: string;
  subject: string;
  text: string;
  /** ISO 8601. */
  sentAt: string;
}

const MOST = 200;

/** Keeps the latest e-mails in place of sending them, newest first, until the process ends. */
export class Mailbox implements EmailDriver {
  readonly #mails: Mail[] = [];
  /** What becomes of a text before it is kept. */
  prepare: (text: string) => string = (text) => text;

  get mails(): readonly Mail[] {
    return this.#mails;
  }

  async send({ to, subject, text = "" }: EmailMessage): Promise<void> {
    this.#mails.unshift({ to, subject, text: this.prepare(text), sentAt: new Date().toISOString() });
    this.#mails.splice(MOST);
  }
}
