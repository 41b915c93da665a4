import { objects, readEvent } from "@turnpike/core/mirror";
import type Stripe from "stripe";
import { event } from "../builders.ts";
import { samples } from "./samples.ts";

/** Of each object an event that shows it as it stands, which is neither its first nor its last. */
export const TYPES = Object.fromEntries(
  Object.values<{ object: string; events: object }>(objects).map(({ object, events }) => [
    object,
    Object.keys(events).find((type) => !/\.(created|deleted)$/.test(type)),
  ]),
) as Record<string, Stripe.Event.Type>;

/** What an object looks like as a row, with these fields instead of the sample's. */
export function project(name: string, fields: object = {}) {
  const shown = readEvent(event(TYPES[name] as Stripe.Event.Type, { ...samples[name], ...fields }, 1_790_000_000));
  if (!shown) throw new Error(`${TYPES[name]} is of no use`);
  return shown.projection;
}
export const row = (name: string, fields: object = {}) => project(name, fields).row as Record<string, unknown>;
export const rank = (name: string, fields: object = {}) => project(name, fields).rank;
export const at = (seconds: number) => new Date(seconds * 1000).toISOString();
/** Those fields of a sample set to nothing. */
export const without = (...names: string[]) => Object.fromEntries(names.map((name) => [name, null]));
