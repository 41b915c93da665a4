export { firstEndOf, periodEndOf } from "./period.ts";
export { listPlanned } from "./planned.ts";
export { BY_US, isByUs, nextPhaseOf } from "./schedule.ts";
