import middy from "@middy/core";
import { TIME_LIMITS } from "@turnpike/settings";
import type { Context } from "aws-lambda";
import type { Answer, Middleware, RouteEvent, RouteRequest } from "./request.ts";

// Lambda's own answer to a function that takes too long has no request id, and the log gets no line.
const ANSWER_BEFORE_END_MS = TIME_LIMITS.route.function - TIME_LIMITS.route.answer;

/**
 * A route's stack of middleware. Its type says what has been added to the event so far, so that whatever comes later can read
 * that and nothing else.
 */
export class Stack<Added extends object = object> {
  readonly #middlewares: readonly Middleware[];

  constructor(middlewares: readonly Middleware[] = []) {
    this.#middlewares = middlewares;
  }

  /** A middleware that adds nothing to the event, as Middy knows them. */
  use(middleware: Middleware<Added>): Stack<Added> {
    return new Stack([...this.#middlewares, middleware]);
  }

  /** Adds to the event what `find` answers. When it throws, the request goes no further. */
  add<Found extends object>(find: (request: RouteRequest<Added>) => Found | Promise<Found>): Stack<Added & Found> {
    const before = async (request: RouteRequest<Added>) => {
      Object.assign(request.event, await find(request));
    };
    // Middy runs them in this order, and none after one that throws: so what is said to be added is there.
    return new Stack([...this.#middlewares, { before } as Middleware]);
  }

  handler(answer: (event: RouteEvent & Added) => Promise<Answer>) {
    return middy<RouteEvent, Answer, Error, Context>({ timeoutEarlyInMillis: ANSWER_BEFORE_END_MS })
      .use([...this.#middlewares])
      .handler((event) => answer(event as RouteEvent & Added));
  }
}
