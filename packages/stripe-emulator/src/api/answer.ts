import { API_VERSION } from "../api-version.ts";
import { clockOf, movingClockOf } from "../state/clock-of.ts";
import type { World } from "../world.ts";
import { authenticate, authenticateStream, expectAllowed, type KeyKind } from "./authenticate.ts";
import { checkParameters } from "./check-parameters.ts";

import { ApiError, clockAdvancing, errorJson, FailedAttempt, invalid, notModelled } from "./errors.ts";
import { expand, readExpansions } from "./expand.ts";

import { decodeForm, type FormValue } from "./form.ts";
import { findReply, fingerprintOf, isKept } from "./idempotency.ts";
import { formOfJson } from "./json-body.ts";
import { takeOlderParams } from "./older-params.ts";
import { arrayOf, text } from "./params.ts";
import type { Answer } from "./respond.ts";
import type { Route } from "./route.ts";
import { operationOf, stripeApi } from "./stripe-api.ts";
import { checkVersion, takesOlderParams } from "./versions.ts";

/** A request, taken apart. */
interface Call {
  route: Route;
  /** What the variables in the route's path stand for. */
  path: Record<string, string>;
  /** The parameters, of the body and the query. */
  encoded: string;
  /** The API version asked for; null: the account's own. */
  version: string | null;
  by: KeyKind;
  id: string;
  idempotencyKey: string | null;
}

const STREAM = "/v2/billing/meter_event_stream";

/** Everything from here to the answer happens in one turn: parallel requests with one key are done one after the other. */
export function answer(
  world: World,
  route: Route,
  request: Request,
  path: Record<string, string>,
  body: string,
  requestId: string,
): Answer {
  const by = route.path === STREAM ? authenticateStream(request, world.store, world.now()) : authenticate(request);
  const url = new URL(request.url);
  const form = formOf(request.headers, url.pathname, body);
  world.host = url.host;
  const key = route.method === "POST" ? request.headers.get("idempotency-key") : null;
  const encoded = [form, url.search.slice(1)].filter(Boolean).join("&");
  const version = request.headers.get("stripe-version");
  const call: Call = { route, path, encoded, version, by, id: requestId, idempotencyKey: key };
  if (key === null) return run(world, call);
  const fingerprint = fingerprintOf(route.method, url.pathname, encoded);
  const reply = findReply(world, key, fingerprint);
  if (reply) {
    const headers = { "idempotent-replayed": "true", "original-request": reply.requestId };
    return { status: reply.status, body: reply.body, headers };
  }
  const { status, body: answered, keeps } = run(world, call);
  if (keeps) world.store.replies.put({ id: key, fingerprint, requestId, status, body: answered, at: world.nowMs() });
  return { status, body: answered };
}

/** The body, form-encoded. 400 for headers that Stripe refuses, or the emulator does. */
function formOf(headers: Headers, path: string, body: string): string {
  for (const name of ["Stripe-Account", "Stripe-Context"]) {
    if (headers.has(name)) throw notModelled(`the header ${name} (Connect)`, name);
  }
  const version = headers.get("stripe-version");
  if (version !== null) checkVersion(version);
  const type = headers.get("content-type") ?? "";
  if (path.startsWith("/v2/") && /^application\/json\b/.test(type)) return body === "" ? "" : formOfJson(body);
  if (body === "" || /^application\/x-www-form-urlencoded\b/.test(type)) return body;
  throw invalid(
    "Invalid request (check that your POST content type is application/x-www-form-urlencoded). If you have any questions, we can help at https://support.stripe.com/.",
  );
}

const gone = (path: string) =>
  invalid(`${path} is not there in this version of the API: see https://docs.stripe.com/changelog.`);

const idIn = (value: FormValue | undefined) => (typeof value === "string" ? value : undefined);

/** What follows test clocks; payments do not. A clock may be deleted as it moves. */
const ON_CLOCKS =
  /^\/v1\/(credit_notes|customers|invoiceitems|invoices|payment_methods|quotes|subscription_items|subscription_schedules|subscriptions|test_helpers\/test_clocks)\b(?!\/create_preview)/;

/** Nothing of a clock changes while it moves, by requests (https://docs.stripe.com/billing/testing/test-clocks). */
function refuseAdvancing(world: World, { method, path }: Route, ids: readonly (string | undefined)[]): void {
  const deletesClock = method === "DELETE" && path.startsWith("/v1/test_helpers/");
  if (method === "GET" || deletesClock || !ON_CLOCKS.test(path)) return;
  for (const id of ids) {
    const moving = movingClockOf(world.store, id);
    if (moving !== undefined) throw clockAdvancing(moving);
  }
}

/** What is refused leaves no trace, and what was tried with a card does. */
const isUndone = (error: unknown) =>
  !(error instanceof FailedAttempt || (error instanceof ApiError && error.body.type === "card_error"));

/** `keeps`: whether the answer is what every further request with the key gets. */
function run(
  world: World,
  { route, path, encoded, version, by, id, idempotencyKey }: Call,
): Pick<Answer, "status" | "body"> & { keeps: boolean } {
  world.request = { id, idempotency_key: idempotencyKey };
  let begun = false;
  try {
    const decoded = decodeForm(encoded);
    if (takesOlderParams(version)) takeOlderParams(world.store, route, decoded, version);
    const name = operationOf(route.method, route.path);
    const operation = stripeApi.operations[name] ?? {};
    if (by === "publishable") {
      const { client_secret: given } = decoded;
      delete decoded.client_secret;
      const { store } = world;
      const object = store.paymentIntents.find(path.id) ?? store.setupIntents.find(path.id);
      expectAllowed(name, given, object?.client_secret);
    }
    const shown = version ?? API_VERSION;
    if (route.until !== undefined && shown >= route.until) throw gone(route.path);
    checkParameters(operation, decoded);
    const { expand: asked, ...form } = decoded;
    const expansions = readExpansions(operation, asked === undefined ? [] : arrayOf(text)(asked, "expand"), shown);
    const concerned = path.id ?? idIn(form.customer);
    const act = route.begin(form);
    const clock = clockOf(world.store, concerned);
    const named = [form.customer, form.subscription, form.from_subscription, form.invoice, form.test_clock];
    refuseAdvancing(world, route, [concerned, ...named.map(idIn)]);
    begun = true;
    const answered = world.wholly(() => {
      const result = world.onClock(clock, () => act(world, path));
      return JSON.stringify(expand(world.store, result, expansions, shown), null, 2);
    }, isUndone);
    return { status: 200, body: answered, keeps: true };
  } catch (error) {
    if (error instanceof ApiError)
      return { status: error.status, body: errorJson(error), keeps: begun && isKept(error) };
    throw error;
  } finally {
    world.request = { id: null, idempotency_key: null };
  }
}
