import { faultKindsOf, type Place } from "./faults.ts";
import type { Played } from "./player.ts";

/** What many worlds came to. */
export class Tally {
  readonly #beganAt = Date.now();
  readonly #faults = new Map<string, number>();
  readonly #steps = new Set<string>();
  #worlds = 0;
  #histories = 0;
  failed = 0;

  add({ histories, faults, steps, failures }: Played): void {
    this.#worlds++;
    this.#histories += histories;
    if (Object.keys(failures).length > 0) this.failed++;
    for (const [key, times] of faults) this.#faults.set(key, (this.#faults.get(key) ?? 0) + times);
    for (const step of steps) this.#steps.add(step);
  }

  progress(): string {
    const seconds = (Date.now() - this.#beganAt) / 1000;
    const rate = (this.#histories / seconds).toFixed(1);
    return `${this.#histories} histories in ${Math.round(seconds)} s, ${rate} a second; ${this.failed} of ${this.#worlds} worlds failed`;
  }

  summary(matrix: boolean): string {
    const byKind = new Map<string, number>();
    for (const [key, times] of this.#faults) {
      const kind = key.split(" ").at(-1) ?? "";
      byKind.set(kind, (byKind.get(kind) ?? 0) + times);
    }
    const kinds = [...byKind].sort(([, a], [, b]) => b - a).map(([kind, times]) => `${kind} ${times}`);
    const cells = [...this.#steps].flatMap((step) =>
      faultKindsOf(step.split(" ")[0] as Place).map((kind) => `${step} ${kind}`),
    );
    const covered = cells.filter((cell) => this.#faults.has(cell));
    const lines = [
      this.progress(),
      `faults: ${kinds.join(", ")}`,
      `${covered.length} of ${cells.length} kinds of fault at ${this.#steps.size} steps`,
    ];
    if (matrix) lines.push(...cells.map((cell) => `${String(this.#faults.get(cell) ?? 0).padStart(7)}  ${cell}`));
    return lines.join("\n");
  }
}
