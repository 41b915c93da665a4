export { firstEndOf, periodEndOf } from "./period.ts";
export { BY_US, isByUs, nextPhaseOf } from "./schedule.ts";
