/** Something that goes on in steps, of which several may be possible at once: each order is another history. */
export interface Model<State> {
  initial: State;
  /** What may happen next, named, and what it leads to. */
  next(state: State): Iterable<readonly [step: string, state: State]>;
  /** What is wrong with a state, whatever comes after it. */
  findWrong(state: State): string | undefined;
  /** Whether all that was asked for is done. From wherever a history has come to, it must be possible to get here. */
  isOver(state: State): boolean;
}

export interface Explored {
  states: number;
  steps: number;
  /** The shortest history that goes wrong, if one does. */
  wrong?: { what: string; history: string[] };
}

/** Walks through every history there is, breadth first, until one goes wrong. States must be plain data: equal ones are one. */
export function explore<State>({ initial, next, findWrong, isOver }: Model<State>): Explored {
  const texts = [JSON.stringify(initial)];
  const places = new Map([[texts[0], 0]]);
  const cameFrom = [-1];
  const ends: number[] = [];
  const steps = { from: [] as number[], to: [] as number[] };
  const stateAt = (place: number): State => JSON.parse(texts[place] as string);
  const result = (place: number, what: string | undefined): Explored => ({
    states: texts.length,
    steps: steps.to.length,
    ...(what !== undefined && { wrong: { what, history: historyOf(place) } }),
  });
  const historyOf = (place: number): string[] => {
    const before = cameFrom[place] as number;
    if (before < 0) return [];
    const [step] = [...next(stateAt(before))].find(([, state]) => JSON.stringify(state) === texts[place]) ?? ["?"];
    return [...historyOf(before), step];
  };

  for (let place = 0; place < texts.length; place++) {
    const state = stateAt(place);
    const what = findWrong(state);
    if (what !== undefined) return result(place, what);
    if (isOver(state)) ends.push(place);
    for (const [, following] of next(state)) {
      const text = JSON.stringify(following);
      let to = places.get(text);
      if (to === undefined) {
        to = texts.push(text) - 1;
        places.set(text, to);
        cameFrom.push(place);
      }
      steps.from.push(place);
      steps.to.push(to);
    }
  }
  const stuck = findStuck(texts.length, ends, steps);
  return stuck < 0 ? result(0, undefined) : result(stuck, "it never comes to its end");
}

/** The first place from which no end can be reached; -1 when there is none. */
function findStuck(count: number, ends: number[], { from, to }: { from: number[]; to: number[] }): number {
  // The steps that lead to a place stand side by side: there are millions.
  const begins = new Uint32Array(count + 1);
  for (const place of to) begins[place + 1] = (begins[place + 1] as number) + 1;
  for (let place = 0; place < count; place++)
    begins[place + 1] = (begins[place + 1] as number) + (begins[place] as number);
  const before = new Uint32Array(to.length);
  const filled = begins.slice();
  for (const [step, place] of to.entries()) {
    const at = filled[place] as number;
    before[at] = from[step] as number;
    filled[place] = at + 1;
  }

  const reaches = new Uint8Array(count);
  const left = [...ends];
  for (const place of left) reaches[place] = 1;
  for (let place = left.pop(); place !== undefined; place = left.pop()) {
    for (const earlier of before.subarray(begins[place], begins[place + 1])) {
      if (reaches[earlier]) continue;
      reaches[earlier] = 1;
      left.push(earlier);
    }
  }
  return reaches.indexOf(0);
}
