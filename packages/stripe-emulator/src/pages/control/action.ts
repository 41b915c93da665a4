import type { Screen } from "./layout.ts";

export interface Posted {
  /** The `:id` of the path. */
  id: string;
  request: Request;
}

/** What a form of the control room does. */
export interface Action {
  /** Below the control room's own. */
  path: string;
  /** The screen that the form stands on. */
  show(id: string): Screen | undefined;
  /** Returns where to go then, below the control room's own path. Throws ApiError at bad input. */
  act(posted: Posted): string | Promise<string>;
}
