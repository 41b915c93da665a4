import type { AddCommand } from "../command.ts";
import { addClaims } from "./claims.ts";
import { addExplain } from "./explain.ts";
import { addStatus } from "./status.ts";

/** Every command, in the order in which `--help` lists them. */
export const commands: AddCommand[] = [addStatus, addExplain, addClaims];
