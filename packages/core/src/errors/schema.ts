import * as z from "zod/mini";
import { type ErrorCode, errorStatus } from "./index.ts";

/** The body of every refusal. */
export const ErrorAnswer = z.object({
  error: z.string(),
  code: z.enum(Object.keys(errorStatus) as ErrorCode[]),
  requestId: z.string(),
});
export type ErrorAnswer = z.infer<typeof ErrorAnswer>;
