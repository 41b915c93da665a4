import type { AddCommand } from "../command.ts";
import { addAudit } from "./audit.ts";
import { addClaims } from "./claims.ts";
import { addDlq } from "./dlq.ts";
import { addDoctor } from "./doctor.ts";
import { addEvents } from "./events.ts";
import { addExplain } from "./explain.ts";
import { addOwners } from "./owners.ts";
import { addReplay } from "./replay.ts";
import { addSetup } from "./setup.ts";
import { addStatus } from "./status.ts";
import { addSync } from "./sync.ts";

/** Every command, in the order in which `--help` lists them. */
export const commands: AddCommand[] = [
  addStatus,
  addDoctor,
  addSetup,
  addSync,
  addAudit,
  addExplain,
  addClaims,
  addOwners,
  addEvents,
  addReplay,
  addDlq,
];
