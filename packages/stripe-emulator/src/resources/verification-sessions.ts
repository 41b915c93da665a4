import type Stripe from "stripe";
import { found, invalid, missingParameter } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import {
  arrayOf,
  boolean,
  clearable,
  email,
  type Fields,
  hashOf,
  ignored,
  mergeMetadata,
  metadata,
  oneOf,
  type ParamsOf,
  schema,
  text,
} from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { cancelVerification, redactVerification, type VerificationSession } from "../billing/verifying.ts";
import { newId } from "../state/ids.ts";
import type { World } from "../world.ts";
import { customerFromParam } from "./customers.ts";

const document = hashOf(
  schema({
    allowed_types: arrayOf(oneOf("driving_license", "id_card", "passport")),
    require_id_number: boolean,
    require_live_capture: boolean,
    require_matching_selfie: boolean,
  } satisfies Fields<keyof Stripe.Identity.VerificationSessionCreateParams.Options.Document>),
);

const attributes = {
  metadata,
  options: hashOf(schema({ document: clearable(document) })),
  provided_details: hashOf(schema({ email, phone: text })),
  type: oneOf("document", "id_number"),
} satisfies Fields<keyof Stripe.Identity.VerificationSessionUpdateParams>;

const createParams = schema({
  ...attributes,
  client_reference_id: text,
  related_customer: text,
  return_url: ignored,
} satisfies Fields<keyof Stripe.Identity.VerificationSessionCreateParams>);

type Options = ParamsOf<typeof createParams>["options"];

const optionsOf = (asked: Options): VerificationSession["options"] =>
  asked?.document ? { document: asked.document } : {};

function createSession(world: World, params: ParamsOf<typeof createParams>): VerificationSession {
  if (params.type === undefined) throw missingParameter("type");
  if (params.related_customer !== undefined) customerFromParam(world, params.related_customer, "related_customer");
  const id = newId("vs");
  const secret = `${id}_secret_${newId("", 25).slice(1)}`;
  const session = world.store.verificationSessions.put({
    id,
    object: "identity.verification_session",
    client_reference_id: params.client_reference_id ?? null,
    client_secret: secret,
    created: world.now(),
    last_error: null,
    last_verification_report: null,
    livemode: false,
    metadata: mergeMetadata({}, params.metadata),
    options: optionsOf(params.options),
    provided_details: params.provided_details ?? null,
    redaction: null,
    related_customer: params.related_customer ?? null,
    related_customer_account: null,
    status: "requires_input",
    type: params.type,
    url: `${world.publicUrl}/p/verify/${secret}`,
  });
  world.emit("identity.verification_session.created", session);
  return session;
}

const getSession = (world: World, id: string) =>
  found(world.store.verificationSessions.find(id), "verification session", id);

/** Whether it is still possible: nobody has been verified, and nothing was taken back. */
function open(world: World, id: string, verb: string): VerificationSession {
  const session = getSession(world, id);
  if (session.status === "requires_input") return session;
  const message = `You cannot ${verb} this VerificationSession because it has a status of ${session.status}. Only a VerificationSession with one of the following statuses can be ${verb}ed: requires_input.`;
  throw invalid(message);
}

const filters = {
  client_reference_id: text,
  related_customer: text,
  status: oneOf("canceled", "processing", "requires_input", "verified"),
};

/** https://docs.stripe.com/identity/how-sessions-work, up to where somebody shows a document: test mode verifies none. */
export const verificationSessionRoutes: Route[] = [
  route("POST", "/v1/identity/verification_sessions", createParams, createSession),
  listRoute("/v1/identity/verification_sessions", "verification session", filters, (world, asked) => {
    const { client_reference_id, related_customer, status } = asked;
    return choose(world.store.verificationSessions, { client_reference_id, related_customer, status });
  }),
  route("GET", "/v1/identity/verification_sessions/:id", schema({}), (world, _, { id }) => getSession(world, id)),
  route("POST", "/v1/identity/verification_sessions/:id", schema(attributes), (world, params, { id }) => {
    const before = open(world, id, "update");
    return world.update("verificationSessions", id, {
      metadata: mergeMetadata(before.metadata, params.metadata),
      options: params.options ? optionsOf(params.options) : before.options,
      provided_details: params.provided_details ?? before.provided_details ?? null,
      type: params.type ?? before.type,
    });
  }),
  route("POST", "/v1/identity/verification_sessions/:id/cancel", schema({}), (world, _, { id }) =>
    cancelVerification(world, open(world, id, "cancel").id),
  ),
  route("POST", "/v1/identity/verification_sessions/:id/redact", schema({}), (world, _, { id }) =>
    redactVerification(world, open(world, id, "redact").id),
  ),
];
