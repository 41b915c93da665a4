import type { Model } from "./explore.ts";

/** What Stripe showed of an object, in an event or in an answer. */
export interface Change {
  asOf: number;
  rank: number;
  content: string;
  deleted: boolean;
  fetched: boolean;
}
export type Row = Change;
export type Outcome = "applied" | "stale" | "ambiguous";

/** What may be taken away, to see what it is there for. */
export const GUARD_RULES = {
  newerWins: "an older event does not overwrite a newer state",
  tiesAreSettled: "two events of one second are settled by Stripe",
  deletionIsTerminal: "no event brings back what is deleted",
  deletionsMoveOn: "a row that was deleted is as of its last deletion: no answer from before it brings the row back",
  asOfTheBeginning: "an answer is as of the moment at which it was asked for",
  secondIsOver: "an answer of the event's own second is not believed",
  ledgerWithRows: "an event is in the ledger once its row is written, never before",
  answersAreGuarded: "an answer lands only where the mirror shows an older truth",
} as const;
export type GuardRules = Record<keyof typeof GUARD_RULES, boolean>;
export const ALL_GUARD_RULES = Object.fromEntries(Object.keys(GUARD_RULES).map((rule) => [rule, true])) as GuardRules;

/**
 * The guard: what becomes of changes of one object that come in one batch, and of its row. This is what `billing.mirror` says in SQL;
 * test/core/model.test.ts holds the two together, case by case.
 * @param changes in the order of their events' ids
 */
export function decide(
  standing: Row | undefined,
  changes: Change[],
  rules: GuardRules = ALL_GUARD_RULES,
): { row: Row | undefined; outcomes: Outcome[] } {
  const best = changes.reduce((one, other) => (compareBest(other, one) > 0 ? other : one));
  const lands = !standing || supersedes(best, standing, rules);
  const row = lands ? { ...best, asOf: Math.max(best.asOf, standing?.asOf ?? best.asOf) } : standing;
  if (lands && changes.length === 1) return { row, outcomes: ["applied"] };
  return { row, outcomes: changes.map((change) => outcomeOf(change, row, rules)) };
}

function compareBest(one: Change, other: Change): number {
  return Number(one.deleted) - Number(other.deleted) || compareMoments(one, other);
}

function compareMoments(one: Change, other: Change): number {
  return one.asOf - other.asOf || one.rank - other.rank;
}

function supersedes(best: Change, standing: Row, rules: GuardRules): boolean {
  if (best.fetched && !rules.answersAreGuarded) return true;
  if (best.deleted) return !standing.deleted || (best.asOf > standing.asOf && rules.deletionsMoveOn);
  if (standing.deleted && rules.deletionIsTerminal) return best.fetched && best.asOf > standing.asOf;
  if (!rules.newerWins) return true;
  const order = compareMoments(best, standing);
  return order > 0 || (order === 0 && !rules.tiesAreSettled);
}

function outcomeOf(change: Change, row: Row, rules: GuardRules): Outcome {
  const order = compareMoments(change, row);
  if (change.content === row.content && change.deleted === row.deleted && order >= 0) return "applied";
  if (change.fetched && change.asOf >= row.asOf) return "applied";
  if (change.deleted && row.deleted) return change.asOf === row.asOf && rules.tiesAreSettled ? "ambiguous" : "applied";
  if (change.deleted || row.deleted || order < 0 || !rules.tiesAreSettled) return "stale";
  return "ambiguous";
}

/** The states that an object goes through at Stripe, one event each. What is over Stripe may keep, and take what is written on it. */
export type Life = readonly (Pick<Change, "content" | "rank" | "deleted"> & { kept?: true })[];

interface Writer {
  does: "nothing" | "ask" | "wait" | "write";
  /** The events that wait for Stripe's answer; none, when somebody reads the object for a reason of their own. */
  events: number[];
  asOf: number;
  /** What Stripe answered: a place in the object's life. */
  answer: number;
}
const IDLE: Writer = { does: "nothing", events: [], asOf: 0, answer: 0 };

export interface GuardState {
  now: number;
  /** The second of each event that there is: as many as the object's states so far. */
  created: number[];
  inLedger: boolean[];
  row: Row | null;
  writers: Writer[];
  reads: number;
}

export interface GuardBounds {
  life: Life;
  writers: number;
  /** The seconds in which the object changes. */
  seconds: number;
  /** How often somebody reads the object beside the events. */
  reads: number;
}

/**
 * An object that changes at Stripe while consumers take its events, in any order, alone or two at a time, twice, and die before they have
 * written; and what is ambiguous is asked for, by an answer that may be late.
 */
export function guardModel(bounds: GuardBounds, rules: GuardRules = ALL_GUARD_RULES): Model<GuardState> {
  const { life, seconds } = bounds;
  const isOver = ({ now, created, inLedger, writers }: GuardState) =>
    (created.length === life.length || now > seconds) &&
    inLedger.every(Boolean) &&
    writers.every(({ does }) => does === "nothing");
  return {
    initial: {
      now: 1,
      created: [1],
      inLedger: [false],
      row: null,
      writers: Array.from({ length: bounds.writers }, () => IDLE),
      reads: bounds.reads,
    },
    isOver,
    findWrong(state) {
      const last = life[state.created.length - 1];
      if (!isOver(state) || !last) return undefined;
      const { row } = state;
      const isRight = row?.deleted === last.deleted && (row.content === last.content || (last.deleted && !last.kept));
      return isRight ? undefined : `Stripe holds ${show(last)}, the mirror shows ${row ? show(row) : "nothing"}`;
    },
    *next(state) {
      const { now, created } = state;
      // An answer comes after the last second, too.
      if (now < seconds + 2) yield ["a second passes", { ...state, now: now + 1 }];
      if (now <= seconds && created.length < life.length) {
        const changed = { ...state, created: [...created, now], inLedger: [...state.inLedger, false] };
        yield [`Stripe's object becomes ${show(life[created.length])}, at ${now}`, changed];
      }
      const idle = state.writers.findIndex(({ does }) => does === "nothing");
      if (idle >= 0) yield* begin(state, idle, life, rules);
      for (const [place, writer] of state.writers.entries()) {
        if (writer.does !== "nothing") yield* goOn(state, place, writer, life, rules);
      }
    },
  };
}

const show = (what: { content: string; deleted: boolean } | undefined) => (what?.deleted ? "deleted" : what?.content);

function changeOf(life: Life, place: number, asOf: number, fetched: boolean): Change {
  const { content, rank, deleted } = life[place] as Life[number];
  return { asOf, rank, content, deleted, fetched };
}

/** A writer takes events, or begins to read the object. */
function* begin(state: GuardState, place: number, life: Life, rules: GuardRules): Generator<[string, GuardState]> {
  const { created, inLedger, reads } = state;
  if (reads > 0)
    yield ["somebody reads the object", set({ ...state, reads: reads - 1 }, place, { ...IDLE, does: "ask" })];
  const waiting = created.flatMap((_, event) => (inLedger[event] ? [] : [event]));
  for (const [at, event] of waiting.entries()) {
    for (const other of [undefined, ...waiting.slice(at + 1)]) {
      const batch = other === undefined ? [event] : [event, other];
      yield [`event ${batch.map((each) => each + 1).join(" and ")} comes`, take(state, place, batch, life, rules)];
      if (!rules.ledgerWithRows) {
        yield [`event ${batch.map((each) => each + 1).join(" and ")} comes, and the writer dies`, enter(state, batch)];
      }
    }
  }
}

function take(state: GuardState, place: number, batch: number[], life: Life, rules: GuardRules): GuardState {
  const changes = batch.map((event) => changeOf(life, event, state.created[event] as number, false));
  const { row, outcomes } = decide(state.row ?? undefined, changes, rules);
  const ambiguous = batch.filter((_, at) => outcomes[at] === "ambiguous");
  const written = enter(
    { ...state, row: row ?? null },
    batch.filter((event) => !ambiguous.includes(event)),
  );
  return ambiguous.length > 0 ? set(written, place, { ...IDLE, does: "ask", events: ambiguous }) : written;
}

function* goOn(
  state: GuardState,
  place: number,
  writer: Writer,
  life: Life,
  rules: GuardRules,
): Generator<[string, GuardState]> {
  const who =
    writer.events.length > 0 ? `who has event ${writer.events.map((event) => event + 1).join(" and ")}` : "the reader";
  const { now, created } = state;
  yield [`${who} dies`, set(state, place, IDLE)];
  if (writer.does === "ask") {
    // By whole seconds, and Stripe's clock is read from an answer: it may come out one too early, never too late.
    for (const early of [0, 1]) {
      yield [
        `${who} asks Stripe, as of ${now - early}`,
        set(state, place, { ...writer, does: "wait", asOf: now - early }),
      ];
    }
  } else if (writer.does === "wait") {
    yield [`Stripe answers ${who}`, set(state, place, { ...writer, does: "write", answer: created.length - 1 })];
  } else {
    const asOf = rules.asOfTheBeginning ? writer.asOf : now;
    const newest = Math.max(0, ...writer.events.map((event) => created[event] as number));
    if (asOf <= newest && writer.events.length > 0 && rules.secondIsOver) {
      yield [`${who} does not believe it`, set(state, place, { ...writer, does: "ask", asOf: 0, answer: 0 })];
    } else {
      yield [`${who} writes it`, write(state, place, { ...writer, asOf }, newest, life, rules)];
    }
  }
}

function write(
  state: GuardState,
  place: number,
  { events, asOf, answer }: Writer,
  newest: number,
  life: Life,
  rules: GuardRules,
): GuardState {
  const done = set(state, place, IDLE);
  const waiting = events.filter((event) => !state.inLedger[event]);
  // Stripe does not know the object any more: what the events show is all there is. A reader has nothing to write then.
  const isGone = life[answer]?.deleted === true && !life[answer]?.kept;
  const changes = isGone
    ? waiting.map((event) => changeOf(life, answer, state.created[event] as number, true))
    : (events.length > 0 ? waiting : [-1]).map(() =>
        changeOf(life, answer, events.length > 0 ? Math.max(asOf, newest + 1) : asOf, true),
      );
  if (changes.length === 0) return done;
  return enter({ ...done, row: decide(state.row ?? undefined, changes, rules).row ?? null }, waiting);
}

function set(state: GuardState, place: number, writer: Writer): GuardState {
  // Which of them does it makes no difference: so there are fewer states.
  return { ...state, writers: state.writers.with(place, writer).sort((one, other) => order(one) - order(other)) };
}

const order = ({ does, events, asOf, answer }: Writer) =>
  ["nothing", "ask", "wait", "write"].indexOf(does) * 1e6 +
  events.reduce((sum, event) => sum + 10 ** (event + 2), 0) * 10 +
  asOf * 10 +
  answer;

function enter(state: GuardState, events: number[]): GuardState {
  return { ...state, inLedger: state.inLedger.map((is, event) => is || events.includes(event)) };
}
