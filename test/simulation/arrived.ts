/** An answer, read to its end. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

export const json = (status: number, text: string): Answer => ({
  status,
  headers: new Headers({ "content-type": "application/json" }),
  text,
});

/** An answer, as clients read one: a `Response` with its streams would be a tenth of the time. */
class Arrived {
  readonly status: number;
  readonly headers: Headers;
  readonly statusText = "";
  readonly #text: string;

  constructor({ status, headers, text }: Answer) {
    this.status = status;
    this.headers = headers;
    this.#text = text;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** For whoever reads it piece by piece. */
  get body(): Uint8Array[] {
    return [Buffer.from(this.#text)];
  }

  text = async () => this.#text;
  json = async () => JSON.parse(this.#text);
}

export const arrived = (answer: Answer): Response => new Arrived(answer) as unknown as Response;
