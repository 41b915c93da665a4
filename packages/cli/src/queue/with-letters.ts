import type { Session } from "../command.ts";
import { CliError, EXIT } from "../exit-codes.ts";
import { type OpenQueue, openQueue } from "../target/queues.ts";
import { type DeadLetter, giveBack, takeDeadLetters } from "./dead-letters.ts";
import { getDepth } from "./depth.ts";

/** All dead letters that can be seen, in our hands. */
export interface Hands {
  letters: DeadLetter[];
  queue: OpenQueue;
  /** How many there are that another command has in its hands. */
  hidden: number;
  /**
   * Does `work` to one letter after the other, after which it is gone. Ctrl-C ends it between two of them.
   * @returns those to which it was done
   */
  takeAway(wanted: DeadLetter[], work: (letter: DeadLetter) => Promise<void>): Promise<DeadLetter[]>;
}

// What is not shown can be shown once these are gone.
const MOST = 1_000;

/** Opens the queue, lets `work` do something with what is there, and gives back all that it has not taken away. */
export async function withLetters<Answer>(
  { target, output, takeInterrupt }: Session,
  work: (hands: Hands) => Promise<Answer>,
): Promise<Answer> {
  const queue = await openQueue(target, "StripeEventsDlq");
  const { inFlight: hidden } = await getDepth(queue);
  if (hidden > 0) {
    output.note(`${hidden} more cannot be seen for up to two minutes: another command looks at them, or was cut off.`);
  }
  const signal = takeInterrupt();
  const letters = await takeDeadLetters(queue, MOST, signal);
  const gone = new Set<DeadLetter>();
  const takeAway: Hands["takeAway"] = async (wanted, doTo) => {
    try {
      for (const letter of wanted) {
        if (signal.aborted) break;
        await doTo(letter);
        gone.add(letter);
      }
    } catch (error) {
      output.note(`It was done to ${gone.size} of ${wanted.length}. The others are where they were.`);
      throw error;
    }
    return [...gone];
  };
  try {
    if (signal.aborted) throw new CliError("Stopped. All dead letters are where they were.", EXIT.interrupted);
    return await work({ letters, queue, hidden, takeAway });
  } finally {
    await giveBack(
      queue,
      letters.filter((letter) => !gone.has(letter)),
    );
  }
}
