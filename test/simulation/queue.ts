import { randomUUID } from "node:crypto";
import type { SQSRecord } from "aws-lambda";
import { type Answer, json } from "./arrived.ts";
import type { FaultKind } from "./faults.ts";
import type { Call } from "./network.ts";
import type { Scheduler } from "./scheduler.ts";

interface Message {
  id: string;
  body: string;
  events: string[];
  sentAt: number;
  visibleAt: number;
  received: number;
}

export interface QueueOptions {
  /** As in stacks/. */
  visibilityMs: number;
  retentionMs: number;
  batch: number;
  consumers: number;
  /** Of so many messages one is held up on its way, for up to days. */
  heldUp: number;
  /** After so many receipts a message goes to the dead letters. */
  mostReceipts: number;
  /** Works on a batch; answers the ids of the messages that failed, or nothing when all did. */
  consume(records: SQSRecord[]): Promise<string[] | undefined>;
}

const WINDOW_MS = 1000;
const MOST_HELD_S = 5 * 86_400;

/** An SQS queue with a Lambda behind it: in no order, more than once, some of a batch again after the visibility time-out. */
export class Queue {
  readonly #scheduler: Scheduler;
  readonly #options: QueueOptions;
  readonly #messages = new Map<string, Message>();
  /** Their bodies. */
  readonly deadLetters: string[] = [];
  /** The events that it has kept for as long as it keeps any. */
  readonly forgotten = new Set<string>();
  /** The events that it had, and that reconciliation brought when it had them no more. */
  readonly broughtAgain: { event: string; at: number }[] = [];
  readonly #had = new Set<string>();
  #working = 0;
  #stoppedUntil = 0;

  constructor(scheduler: Scheduler, options: QueueOptions) {
    this.#scheduler = scheduler;
    this.#options = options;
  }

  /** How many messages are neither done nor dead. */
  get waiting(): number {
    return this.#messages.size;
  }

  /** The events that are neither done nor put aside, and those that are dead. */
  get idsWaiting(): string[] {
    return [...[...this.#messages.values()].flatMap(({ events }) => events), ...this.deadLetters.flatMap(eventsIn)];
  }

  get working(): number {
    return this.#working;
  }

  /** Until when a message may be held up, or in the hands of somebody who died. */
  get lastVisibleAt(): number {
    return Math.max(this.#stoppedUntil, ...[...this.#messages.values()].map(({ visibleAt }) => visibleAt));
  }

  /** Nobody works on it until then: what has come meanwhile is one batch, or few. */
  stop(until: number): void {
    this.#stoppedUntil = until;
    this.#scheduler.at(until, () => this.#poll());
  }

  /** SQS's own answer to `SendMessageBatch`. */
  take(call: Call, fault: FaultKind | undefined): Answer {
    return this.#takeEach(call, fault, (body) => {
      this.#noteBrought(call, body);
      this.#add(body);
    });
  }

  #noteBrought({ from }: Call, body: string): void {
    const waiting = from?.name === "reconcile" ? this.idsWaiting : [];
    for (const event of eventsIn(body)) {
      const isGone = this.#had.has(event) && !this.forgotten.has(event) && !waiting.includes(event);
      if (from?.name === "reconcile" && isGone) this.broughtAgain.push({ event, at: this.#scheduler.now });
      this.#had.add(event);
    }
  }

  /** The same of its dead-letter queue. */
  takeDead(call: Call, fault: FaultKind | undefined): Answer {
    return this.#takeEach(call, fault, (body) => this.deadLetters.push(body));
  }

  /** SQS's own answer to `ChangeMessageVisibilityBatch`. A receipt's handle is its message's id. */
  changeVisibility({ body }: Call): Answer {
    const { Entries } = JSON.parse(body) as {
      Entries: { Id: string; ReceiptHandle: string; VisibilityTimeout: number }[];
    };
    for (const { ReceiptHandle, VisibilityTimeout } of Entries) {
      const message = this.#messages.get(ReceiptHandle);
      if (!message) continue;
      message.visibleAt = this.#scheduler.now + 1000 * VisibilityTimeout;
      this.#wake(1000 * VisibilityTimeout);
    }
    return json(200, JSON.stringify({ Successful: Entries.map(({ Id }) => ({ Id })), Failed: [] }));
  }

  #takeEach({ body }: Call, fault: FaultKind | undefined, add: (body: string) => void): Answer {
    const { Entries } = JSON.parse(body) as { Entries: { Id: string; MessageBody: string }[] };
    const [Successful, Failed]: object[][] = [[], []];
    for (const { Id, MessageBody } of Entries) {
      if (fault === "partial" && this.#scheduler.random.chance(0.5)) {
        Failed?.push({ Id, Code: "InternalError", SenderFault: false });
        continue;
      }
      add(MessageBody);
      Successful?.push({ Id, MessageId: Id });
    }
    return json(200, JSON.stringify({ Successful, Failed }));
  }

  /** As an operator does: puts back what is dead. */
  redrive(): void {
    for (const body of this.deadLetters.splice(0)) this.#add(body);
  }

  #add(body: string): void {
    const { random } = this.#scheduler;
    // SQS delivers now and then what it has delivered already, and is done.
    for (let copies = random.chance(0.02) ? 2 : 1; copies > 0; copies--) this.#put(body);
  }

  #put(body: string): void {
    const { now, random } = this.#scheduler;
    const held = random.chance(this.#options.heldUp) ? 1000 * MOST_HELD_S ** random.next() : 0;
    const id = randomUUID();
    this.#messages.set(id, { id, body, events: eventsIn(body), sentAt: now, visibleAt: now + held, received: 0 });
    this.#wake(held + random.between(0, WINDOW_MS));
  }

  #wake(ms: number): void {
    this.#scheduler.in(ms, () => this.#poll());
  }

  #poll(): void {
    const { now, random } = this.#scheduler;
    const { retentionMs, batch, consumers, visibilityMs } = this.#options;
    for (const { id, sentAt, events } of this.#messages.values()) {
      if (sentAt + retentionMs >= now) continue;
      this.#messages.delete(id);
      for (const event of events) this.forgotten.add(event);
    }
    const visible = [...this.#messages.values()].filter(({ visibleAt }) => visibleAt <= now);
    const alive = visible.filter((message) => !this.#bury(message));
    if (alive.length === 0 || this.#working >= consumers || now < this.#stoppedUntil) return;
    // Whatever the order in which they came, and however many there are.
    const taken = random.shuffle(alive).slice(0, random.chance(0.5) ? batch : random.whole(1, 10));
    for (const message of taken) {
      message.received++;
      message.visibleAt = now + visibilityMs;
    }
    this.#wake(visibilityMs);
    void this.#work(taken);
    if (taken.length < alive.length) this.#wake(random.between(0, WINDOW_MS));
  }

  #bury(message: Message): boolean {
    if (message.received < this.#options.mostReceipts) return false;
    this.#messages.delete(message.id);
    this.deadLetters.push(message.body);
    return true;
  }

  async #work(taken: Message[]): Promise<void> {
    this.#working++;
    const failed = await this.#options.consume(taken.map(recordOf)).finally(() => {
      this.#working--;
    });
    for (const { id } of taken) if (failed && !failed.includes(id)) this.#messages.delete(id);
    this.#wake(this.#scheduler.random.between(0, WINDOW_MS));
  }
}

const eventsIn = (body: string) => [...new Set(body.match(/\bevt_\w+/g))];

function recordOf({ id, body, received, sentAt }: Message): SQSRecord {
  return {
    messageId: id,
    receiptHandle: id,
    body,
    attributes: {
      ApproximateReceiveCount: String(received),
      SentTimestamp: String(sentAt),
      SenderId: "simulated",
      ApproximateFirstReceiveTimestamp: String(sentAt),
    },
    messageAttributes: {},
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:simulated",
    awsRegion: "us-east-1",
  };
}
