import { clockAdvancing } from "../api/errors.ts";
import { movingClockOf } from "../state/clock-of.ts";
import type { World } from "../world.ts";
import { notice } from "./layout.ts";

/** Why nothing can be changed about an object now: its test clock moves. */
export function clockMoves({ store }: World, id: string): string | undefined {
  const clock = movingClockOf(store, id);
  return clock === undefined ? undefined : clockAdvancing(clock).message;
}

/** The page that a form is answered by then: nothing was changed. */
export function movingPage(world: World, id: string): Promise<Response> | undefined {
  const message = clockMoves(world, id);
  return message === undefined ? undefined : notice("Time is moving", `${message}. Try again when it is there.`, 429);
}
