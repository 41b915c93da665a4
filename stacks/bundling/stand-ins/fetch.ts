import * as http from "node:http";
import * as https from "node:https";

/*
 * `fetch` and `Headers` for the bundles, over Node's own HTTP client. Node's global ones load undici at the first use, 36 ms
 * that each cold start would pay. The bundler puts these in the place of the globals (../index.ts); unbundled, the code runs
 * with the globals. It is what supabase-js uses of the standard, and no more: bodies are text or
 * bytes, redirects are not followed. https://fetch.spec.whatwg.org
 */

type HeadersInit = Headers | Iterable<readonly [string, string]> | Record<string, string | undefined>;

interface RequestInit {
  method?: string;
  headers?: HeadersInit;
  body?: string | Uint8Array | null;
  signal?: AbortSignal | null;
}

export class Headers {
  readonly #values = new Map<string, string>();

  constructor(init: HeadersInit = {}) {
    for (const [name, value] of Symbol.iterator in init ? init : Object.entries(init)) this.append(name, String(value));
  }

  append(name: string, value: string): void {
    const before = this.get(name);
    this.set(name, before === null ? value : `${before}, ${value}`);
  }
  delete(name: string): void {
    this.#values.delete(name.toLowerCase());
  }
  get(name: string): string | null {
    return this.#values.get(name.toLowerCase()) ?? null;
  }
  has(name: string): boolean {
    return this.#values.has(name.toLowerCase());
  }
  set(name: string, value: string): void {
    this.#values.set(name.toLowerCase(), value);
  }
  forEach(callback: (value: string, name: string, headers: Headers) => void): void {
    for (const [name, value] of this) callback(value, name, this);
  }
  keys(): IterableIterator<string> {
    return this.#values.keys();
  }
  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.#values.entries();
  }
}

interface Response {
  url: string;
  status: number;
  statusText: string;
  ok: boolean;
  headers: Headers;
  text(): Promise<string>;
  json(): Promise<unknown>;
}

/** @throws TypeError whose `cause` is the network's error, or the signal's reason */
export async function fetch(input: string | URL, init: RequestInit = {}): Promise<Response> {
  const url = new URL(input);
  const headers = new Headers(init.headers);
  const body = init.body ?? "";
  headers.set("content-length", String(Buffer.byteLength(body)));
  const options = { method: init.method ?? "GET", headers: Object.fromEntries(headers) };
  init.signal?.throwIfAborted();
  const answer = await send(url, options, body, init.signal);
  return toResponse(url, answer);
}

interface Answer {
  message: http.IncomingMessage;
  text: string;
}

function send(url: URL, options: http.RequestOptions, body: string | Uint8Array, signal: RequestInit["signal"]) {
  return new Promise<Answer>((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => {
      signal?.removeEventListener("abort", abort);
      // The server closed an idle connection just as it was taken again:
      // https://nodejs.org/docs/latest-v22.x/api/http.html#requestreusedsocket
      if (request.reusedSocket && error.code === "ECONNRESET" && !signal?.aborted) {
        resolve(send(url, options, body, signal));
      } else reject(signal?.aborted ? signal.reason : new TypeError("fetch failed", { cause: error }));
    };
    const abort = () => request.destroy();
    const request = (url.protocol === "http:" ? http : https).request(url, options, (message) => {
      const chunks: Buffer[] = [];
      message.on("error", fail);
      message.on("data", (chunk: Buffer) => chunks.push(chunk));
      message.on("end", () => {
        signal?.removeEventListener("abort", abort);
        resolve({ message, text: Buffer.concat(chunks).toString("utf8") });
      });
    });
    request.on("error", fail);
    signal?.addEventListener("abort", abort);
    request.end(body);
  });
}

function toResponse(url: URL, { message, text }: Answer): Response {
  const { statusCode: status = 0, statusMessage: statusText = "", headersDistinct } = message;
  const pairs = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  return {
    url: url.href,
    status,
    statusText,
    ok: status >= 200 && status < 300,
    headers: new Headers(pairs),
    text: async () => text,
    json: async () => JSON.parse(text),
  };
}
