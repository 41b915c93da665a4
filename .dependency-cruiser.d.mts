import type { IConfiguration } from "dependency-cruiser";

export interface Room {
  path: string;
  /** The other rooms that it may import from. */
  uses: string[];
  /** The packages that its product code may import; without a list, whichever it declares. */
  npm?: string[];
  /** The packages of which it may import types only. */
  types?: string[];
}

export const rooms: Record<string, Room>;

/** What is held to the rules. */
export const cruised: string[];

declare const configuration: IConfiguration;
export default configuration;
