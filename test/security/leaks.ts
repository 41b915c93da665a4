import { vi } from "vitest";

/** Everything that this process prints from now on, by whatever way. */
export function captureOutput(): string[] {
  const lines: string[] = [];
  for (const level of ["debug", "log", "info", "warn", "error", "trace"] as const) {
    vi.spyOn(console, level).mockImplementation((...parts: unknown[]) => {
      lines.push(parts.map((part) => (part instanceof Error ? `${part.stack} ${part.cause}` : String(part))).join(" "));
    });
  }
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream);
    vi.spyOn(stream, "write").mockImplementation((chunk: string | Uint8Array) => {
      lines.push(Buffer.from(chunk).toString());
      return write(chunk);
    });
  }
  return lines;
}

/**
 * Which of these secrets a log holds: as they are, in an address, inside JSON or in base64.
 * @param secrets by the name under which they are reported, so that a failing test does not print them
 */
export function findLeaks(log: readonly string[], secrets: Record<string, string>): string[] {
  const text = log.join("\n");
  return Object.entries(secrets).flatMap(([name, secret]) => {
    if (secret.length < 3) throw new Error(`${name} is too short to be looked for`);
    const base64 = Buffer.from(secret).toString("base64url");
    const forms = [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
      // The last letters depend on what comes after it.
      base64.slice(0, Math.floor((secret.length * 4) / 3)),
    ];
    return forms.some((form) => text.includes(form)) ? [name] : [];
  });
}
