import type { EmailDriver, EmailMessage } from "@supabase/lite";

/** An e-mail that would have gone out. */
export interface Mail {
  to: string;
  subject: string;
  text: string;
  /** ISO 8601. */
  sentAt: string;
}

type Addressed = Pick<Mail, "to" | "text">;

const MOST = 200;

/** Keeps the latest e-mails in place of sending them, newest first, until the process ends. */
export class Mailbox implements EmailDriver {
  readonly #mails: Mail[] = [];
  /** What becomes of one before it is kept. */
  prepare: (mail: Addressed) => Addressed = (mail) => mail;

  get mails(): readonly Mail[] {
    return this.#mails;
  }

  async send({ to, subject, text = "" }: EmailMessage): Promise<void> {
    this.#mails.unshift({ ...this.prepare({ to, text }), subject, sentAt: new Date().toISOString() });
    this.#mails.splice(MOST);
  }
}
