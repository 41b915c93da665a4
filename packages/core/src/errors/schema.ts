import * as z from "zod/mini";
import { ERROR_CODES } from "./index.ts";

/** The body of every refusal. */
export const ErrorAnswer = z.object({
  error: z.string(),
  code: z.enum(ERROR_CODES),
  requestId: z.string(),
});
export type ErrorAnswer = z.infer<typeof ErrorAnswer>;
