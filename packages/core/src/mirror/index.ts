export { type Applied, applyEvents, applyFetched, recordFailures } from "./apply.ts";
export { enabledEvents, readEvent } from "./events.ts";
export { fetchProjections, type ObjectName, type SourceOf } from "./fetch.ts";
export { note, noteAnew, noteList } from "./note.ts";
export { objects } from "./objects.ts";
export type { Projection } from "./projection.ts";
export { assertSameAccount, OtherAccountError, type Outcome } from "./send.ts";
export { FETCHES_A_SECOND, UnknownObjectError } from "./settle.ts";
