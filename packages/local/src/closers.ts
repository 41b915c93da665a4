export interface Closable {
  close(): void | Promise<void>;
}

/** What has been started, to be ended in the opposite order. */
export class Closers {
  readonly #closables: Closable[] = [];

  add<T extends Closable | undefined>(closable: T): T {
    if (closable) this.#closables.push(closable);
    return closable;
  }

  /** For what is still starting: it is waited for, and ended too. */
  addStarting<T extends Closable | undefined>(starting: Promise<T>): Promise<T> {
    // Whoever awaits it hears of a failure; until then it is none that nobody handles.
    const settled = starting.catch(() => undefined);
    this.add({ close: async () => (await settled)?.close() });
    return starting;
  }

  /** Ends them all, also when one of them fails at it. @throws The first failure. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const closable of this.#closables.splice(0).reverse()) {
      try {
        await closable.close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
