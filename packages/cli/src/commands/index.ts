import type { AddCommand } from "../command.ts";
import { addAudit } from "./audit.ts";
import { addClaims } from "./claims.ts";
import { addExplain } from "./explain.ts";
import { addStatus } from "./status.ts";
import { addSync } from "./sync.ts";

/** Every command, in the order in which `--help` lists them. */
export const commands: AddCommand[] = [addStatus, addSync, addAudit, addExplain, addClaims];
