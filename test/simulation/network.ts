import { hash } from "node:crypto";
import { type Answer, arrived } from "./arrived.ts";
import type { FaultKind, Faults, Place } from "./faults.ts";
import { currentMachine, type Machine } from "./machine.ts";
import type { Scheduler } from "./scheduler.ts";

/** A request on its way. */
export interface Call {
  from: Machine | undefined;
  method: string;
  url: URL;
  headers: Headers;
  body: string;
}

/** Who answers at an address. */
export interface Server {
  place(call: Call): Place;
  /** Whether nothing else happens until it has answered: else it asks others first. */
  atOnce?: boolean;
  answer(call: Call, fault: FaultKind | undefined): Promise<Answer | Response>;
}

const LEAST_MS = 1;
const MOST_MS = 40;

/** All that goes from one machine to another. */
export class Network {
  readonly #scheduler: Scheduler;
  readonly #faults: Faults;
  readonly #servers: ReadonlyMap<string, Server>;
  #underWay = 0;

  constructor(scheduler: Scheduler, faults: Faults, servers: Record<string, Server>) {
    this.#scheduler = scheduler;
    this.#faults = faults;
    this.#servers = new Map(Object.entries(servers));
  }

  /** How many calls have arrived nowhere, or are not answered. */
  get underWay(): number {
    return this.#underWay;
  }

  readonly fetch = (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const call = callOf(input, init);
    const server = this.#servers.get(call.url.host);
    if (!server) return Promise.reject(new TypeError(`fetch failed: nobody is at ${call.url.host}`));
    const place = server.place(call);
    const fault = this.#faults.choose(place, stepOf(call), call.from, this.#scheduler.now);
    return new Promise((resolve, reject) => {
      init.signal?.addEventListener("abort", () => reject(init.signal?.reason));
      this.#underWay++;
      const flight = new Flight(call, server, fault, { scheduler: this.#scheduler, resolve, reject });
      flight.begin(() => {
        this.#underWay--;
      });
    });
  };
}

interface Ends {
  scheduler: Scheduler;
  resolve(response: Response): void;
  reject(error: unknown): void;
}

/** One call, and what befalls it. */
class Flight {
  readonly #call: Call;
  readonly #server: Server;
  readonly #fault: FaultKind | undefined;
  readonly #ends: Ends;
  #landed = () => {};

  constructor(call: Call, server: Server, fault: FaultKind | undefined, ends: Ends) {
    this.#call = call;
    this.#server = server;
    this.#fault = fault;
    this.#ends = ends;
  }

  begin(landed: () => void): void {
    this.#landed = landed;
    const refusal = this.#fault?.startsWith("error_") ? refusalOf(this.#fault, this.#call) : undefined;
    if (refusal) this.#later(() => this.#arrive(refusal));
    else if (this.#fault === "dies") this.#later(() => this.#end("dies", () => this.#call.from?.die("it was killed")));
    else if (this.#fault === "hang") this.#later(() => this.#end("hangs", () => {}));
    else if (this.#fault === "lost") this.#later(() => this.#end("is lost", () => this.#ends.reject(broken())));
    else this.#send();
  }

  #send(): void {
    if (this.#fault === "twice") this.#later(() => void this.#server.answer(this.#call, undefined), this.#seconds());
    this.#later(() => this.#do(), this.#fault === "slow" ? this.#seconds() : 0);
  }

  /** It has arrived, and is done. */
  #do(): Promise<void> | undefined {
    const done = this.#server
      .answer(this.#call, this.#fault)
      .then(read)
      .then((answer) => {
        this.#later(() => this.#answered(answer), this.#fault === "late" ? this.#seconds() : 0);
      });
    return this.#server.atOnce ? done : undefined;
  }

  #answered(answer: Answer): void {
    const { status, text } = answer;
    const fault = this.#fault;
    if (fault === "done_dies") this.#end(`${status}, and who asked dies`, () => this.#call.from?.die("it was killed"));
    else if (fault === "done_hang") this.#end(`${status}, which hangs`, () => {});
    else if (fault === "cut") this.#end(`${status}, which is lost`, () => this.#ends.reject(broken()));
    else if (fault === "done_500") this.#arrive(refusalOf("error_500", this.#call));
    else if (fault === "torn") this.#arrive({ ...answer, text: text.slice(0, text.length / 2) });
    else this.#arrive(answer);
  }

  #arrive({ status, headers, text }: Answer): void {
    // The keys that sign tokens are made anew with each process.
    const shown = this.#call.url.pathname.startsWith("/auth/") ? "" : digestOf(text);
    this.#end(`${status} ${shown}`, () => {
      if (this.#call.from?.alive !== false) this.#ends.resolve(arrived({ status, headers, text }));
    });
  }

  #end(became: string, tell: () => void): void {
    const { from, body } = this.#call;
    const why = this.#fault ? ` [${this.#fault}]` : "";
    this.#ends.scheduler.note(`${from?.name ?? "-"}: ${nameOf(this.#call)} ${digestOf(body)}${why} → ${became}`);
    this.#landed();
    tell();
  }

  #later(run: () => unknown, more = 0): void {
    const { scheduler } = this.#ends;
    scheduler.in(scheduler.random.between(LEAST_MS, MOST_MS) + more, run);
  }

  #seconds(): number {
    // Up to longer than anybody waits.
    return 1000 * 100 ** this.#ends.scheduler.random.next();
  }
}

function callOf(input: string | URL | Request, init: RequestInit): Call {
  const request = input instanceof Request ? input : undefined;
  const { body } = init;
  return {
    from: currentMachine(),
    method: init.method ?? request?.method ?? "GET",
    url: new URL(request?.url ?? String(input)),
    headers: new Headers(init.headers ?? request?.headers),
    body: body instanceof Uint8Array ? Buffer.from(body).toString() : String(body ?? ""),
  };
}

async function read(answer: Answer | Response): Promise<Answer> {
  if (!(answer instanceof Response)) return answer;
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

const broken = () =>
  new TypeError("fetch failed", { cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }) });

function refusalOf(fault: FaultKind, { url }: Call): Answer {
  const status = Number(fault.slice(-3));
  const headers = new Headers({ "content-type": "application/json", date: new Date().toUTCString() });
  const error = status === 429 ? { type: "invalid_request_error", code: "rate_limit" } : { type: "api_error" };
  const body = url.host.startsWith("stripe")
    ? { error: { ...error, message: "simulated" } }
    : { code: "SIM", message: "simulated", __type: "ServiceUnavailable" };
  return { status, headers, text: JSON.stringify(body) };
}

const digestOf = (text: string) => (text === "" ? "" : hash("md5", text, "base64url").slice(0, 8));

const nameOf = ({ method, url }: Call) => `${method} ${url.host}${url.pathname}${url.search}`;

/** A call of its kind, from a function of its kind: without ids. */
function stepOf({ from, method, url, headers }: Call): string {
  const target = headers.get("x-amz-target")?.split(".").at(-1);
  const path = target ?? url.pathname.replace(/\/[a-z]+_(?:test_)?[A-Za-z0-9]{8,}/g, "/:id");
  return `${from?.name ?? "stripe"}: ${method} ${url.host.split(".")[0]} ${path}`;
}
