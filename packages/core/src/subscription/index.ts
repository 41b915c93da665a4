export { BY_US, isByUs, nextPhaseOf } from "./schedule.ts";
