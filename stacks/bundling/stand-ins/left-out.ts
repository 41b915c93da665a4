const leftOut = new Proxy(
  {},
  {
    get(_, name) {
      const message = `"${String(name)}" of a library was left out of this bundle: see stacks/bundling/leave-out.ts`;
      throw Object.assign(new Error(message), { quotesNothing: true });
    },
  },
);

/**
 * Stands in for what a bundle leaves out: it can be made, called, extended and handed on, and says so when it is used.
 * @see ../leave-out.ts
 */
export function LeftOut(): object {
  return leftOut;
}
