import { type ComponentType, lazy } from "react";
import { inTime } from "./buttons/in-time.ts";

/**
 * A component that is loaded when it is first shown. One that does not come in time is a failure, and no skeleton for ever.
 * @param name what its module exports it as
 */
export function later<Name extends string, Props>(name: Name, load: () => Promise<Record<Name, ComponentType<Props>>>) {
  return lazy(async () => ({ default: (await inTime(load()))[name] }));
}
