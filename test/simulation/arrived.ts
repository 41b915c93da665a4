const EMPTY = new Set([204, 205, 304]);

/** An answer, read to its end. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

/** An answer, as clients read one: of the streams in a `Response` they make nothing, and a tenth of the time would be theirs. */
class Arrived {
  readonly status: number;
  readonly headers: Headers;
  readonly statusText = "";
  readonly body = null;
  readonly #text: string;

  constructor({ status, headers, text }: Answer) {
    this.status = status;
    this.headers = headers;
    this.#text = text;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  text = async () => this.#text;
  json = async () => JSON.parse(this.#text);
}

export const arrived = (answer: Answer): Response => new Arrived(answer) as unknown as Response;

/** For whoever reads an answer piece by piece. */
export const streamed = ({ status, headers, text }: Answer): Response =>
  new Response(EMPTY.has(status) ? null : text, { status, headers });
