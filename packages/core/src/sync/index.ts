export {
  AUDIT_LIMITS,
  type Audit,
  type AuditedDifference,
  type AuditedKind,
  type Auditing,
  auditAccount,
} from "./audit.ts";
export { isRefusedData } from "./compare.ts";
export { type Estimate, estimateReading } from "./estimate.ts";
export { type Drift, type Kept, keepReading, limitsOf } from "./keep.ts";
export type { Limits } from "./limiter.ts";
export type { Purpose } from "./purpose.ts";
export {
  beginReading,
  type Completeness,
  getCompleteness,
  getFailures,
  getProgress,
  type KindProgress,
  type Progress,
} from "./runs.ts";
export { untoldOf } from "./untold.ts";
export { type Work, type Worked, workReading } from "./work.ts";
