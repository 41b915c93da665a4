import type { Change } from "./journal.ts";

/** How much of it is sent at a time: all of it may be longer than a string may be. */
const CHUNK = 2 ** 20;

/** All rows as one JSON array. */
export function snapshotResponse(rows: readonly Change[], headers: Record<string, string> = {}): Response {
  const [parts, encoder] = [partsOf(rows), new TextEncoder()];
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const { done, value } = parts.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
  });
  return new Response(body, { headers: { "content-type": "application/json", ...headers } });
}

function* partsOf(rows: readonly Change[]): Generator<string> {
  let text = "[";
  for (const [index, row] of rows.entries()) {
    text += `${index === 0 ? "" : ",\n"}${JSON.stringify(row)}`;
    if (text.length < CHUNK) continue;
    yield text;
    text = "";
  }
  yield `${text}]`;
}
