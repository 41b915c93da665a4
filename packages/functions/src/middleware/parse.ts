import httpJsonBodyParser from "@middy/http-json-body-parser";
import { BillingError } from "@turnpike/core/errors";
import type { RouteEvent, RouteRequest } from "./request.ts";

/** What the caller sent, not checked yet. */
export interface Sent {
  sent: unknown;
}

/** Where a route's input is, and how it is taken from there. */
export const parsers = {
  path: ({ event }: RouteRequest): Sent => ({ sent: event.pathParameters }),
  json: parseJson,
  form: parseForm,
};

const { before: parseBody } = httpJsonBodyParser();

/** No body at all is an empty object: the schema says what is missing. */
async function parseJson(request: RouteRequest): Promise<Sent> {
  if (!request.event.body) return { sent: {} };
  const parsed = { ...request, event: { ...request.event } }; // Middy's parser puts the value in the body's place
  await parseBody?.(parsed);
  return { sent: parsed.event.body };
}

const URLENCODED = /^application\/x-www-form-urlencoded\b/i;
const MULTIPART = /^multipart\/form-data\b/i;

/** Turns the body of an HTML form, of either encoding, into an object of its fields. The schema refuses a file. */
async function parseForm({ event }: RouteRequest): Promise<Sent> {
  const urlencoded = readUrlencoded(event);
  if (urlencoded) return { sent: fieldsOf(urlencoded) };
  const contentType = event.headers["content-type"] ?? "";
  if (MULTIPART.test(contentType)) return { sent: fieldsOf(await parseMultipart(bytesOf(event), contentType)) };
  throw new BillingError("unsupported_media_type", "Send this request as a form (urlencoded or multipart)");
}

/** A form's fields by their names. One that is named `metadata[referral]` is the field `referral` of `metadata`. */
function fieldsOf(form: Iterable<[string, unknown]>): object {
  const fields: Record<string, unknown> = {};
  const within: Record<string, Record<string, unknown>> = {};
  for (const [name, value] of form) {
    const [, outer, inner] = /^(\w+)\[([\w-]+)\]$/.exec(name) ?? [];
    if (outer === undefined || inner === undefined) fields[name] = value;
    else within[outer] = { ...within[outer], [inner]: value };
  }
  return { ...fields, ...within };
}

/** The fields of a form as browsers send it unless told to do otherwise; nothing for any other body. */
export function readUrlencoded(event: RouteEvent): URLSearchParams | undefined {
  if (!URLENCODED.test(event.headers["content-type"] ?? "")) return undefined;
  return new URLSearchParams(bytesOf(event).toString("utf8"));
}

function bytesOf({ body = "", isBase64Encoded }: RouteEvent): Buffer {
  return Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
}

/** `Response` is slow to load, so it is for the forms that need it: browsers send the other kind unless told to. */
function parseMultipart(bytes: Buffer, contentType: string): Promise<FormData> {
  return new Response(bytes, { headers: { "content-type": contentType } }).formData().catch(() => {
    throw new BillingError("invalid_request", "The body is not a valid form");
  });
}
