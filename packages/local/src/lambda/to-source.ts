import { existsSync, readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const PLACE = /(file:\/\/[^\s()"\\]+\.mjs):(\d+):(\d+)/g;

/**
 * What a log says of a place in a bundle, said of the source that it was made of. The bundle's map is read here, once something has
 * failed: a function that reads it at its start, as Node.js would have it, takes twice as long to start.
 */
export function toSource(line: string): string {
  const maps = new Map<string, SourceMap | undefined>();
  return line.replaceAll(PLACE, (place, url: string, row: string, column: string) => {
    const file = fileURLToPath(url);
    if (!maps.has(file)) maps.set(file, readMap(`${file}.map`));
    const origin = maps.get(file)?.findEntry(Number(row) - 1, Number(column) - 1);
    if (!origin || !("originalSource" in origin)) return place;
    const { originalSource, originalLine, originalColumn } = origin;
    return `${resolve(dirname(file), originalSource)}:${originalLine + 1}:${originalColumn + 1}`;
  });
}

function readMap(file: string): SourceMap | undefined {
  return existsSync(file) ? new SourceMap(JSON.parse(readFileSync(file, "utf8")) as SourceMapPayload) : undefined;
}
