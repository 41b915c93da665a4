/** A mutant of the TypeScript that no test misses, and why none is asked to. */
export interface KnownSurvivor {
  file: string;
  /** The line that it changes. */
  code: string;
  /** As `npm run mutants` prints it. */
  change: string;
  reason: string;
}

const known = (file: string, code: string, reason: string, ...changes: string[]): KnownSurvivor[] =>
  changes.map((change) => ({ file: `packages/${file}`, code, change, reason }));

/** Each of these changes nothing that can be seen. */
export const SURVIVORS: readonly KnownSurvivor[] = [
  ...known(
    "core/src/mirror/objects/invoice.ts",
    'rank: RANKS[invoice.status ?? "draft"] ?? 0,',
    "A status without a rank has that of a draft.",
    '"draft" → ""',
  ),
  ...known(
    "core/src/mirror/objects/checkout-session.ts",
    'if (bought && typeof bought === "object" && !subscription.isCut?.(bought)) shown.push(subscription.project(bought));',
    "A subscription's declaration has it; only the type of all declarations says that it may be missing.",
    "subscription.isCut?.(bought) → subscription.isCut(bought)",
  ),
  ...known(
    "core/src/mirror/objects/checkout-session.ts",
    'const charged = typeof payment === "object" ? payment?.latest_charge : null;',
    "An id is a text, which has no charge.",
    'typeof payment === "object" → true',
  ),
  ...known(
    "core/src/mirror/objects/checkout-session.ts",
    'typeof payment === "object" && ["requires_payment_method", "canceled"].includes(payment?.status ?? "");',
    "Neither is one of the statuses.",
    '"" → "Stryker was here!"',
  ),
  ...known(
    "core/src/mirror/objects/checkout-session.ts",
    'typeof payment === "object" && ["requires_payment_method", "canceled"].includes(payment?.status ?? "");',
    "An id is a text, which has no status.",
    'typeof payment === "object" → true',
  ),
  ...known(
    "core/src/mirror/objects/checkout-session.ts",
    'typeof subscription === "object" &&',
    "An id is a text, which has no status.",
    'typeof subscription === "object" → true',
  ),
  ...known(
    "core/src/mirror/objects/checkout-session.ts",
    '["past_due", "unpaid", "incomplete_expired"].includes(subscription?.status ?? "");',
    "Neither is one of the statuses.",
    '"" → "Stryker was here!"',
  ),
  ...known(
    "core/src/mirror/objects/customer.ts",
    '"customer.deleted": { as: ({ id }) => ({ id, object: "customer", deleted: true }) },',
    "Stripe's type asks for it; nothing reads it.",
    '"customer" → ""',
  ),
  ...known(
    "core/src/mirror/objects/product.ts",
    "marketing_features: (product.marketing_features ?? []).flatMap((feature) => feature.name ?? []),",
    "A text has no name, and what has none is left out.",
    '[] → ["Stryker was here"]',
  ),
  ...known(
    "core/src/webhook/verify.ts",
    'if (!secrets.some((secret) => isSignedWith(secret, body, signature ?? ""))) {',
    "Neither is a signature.",
    '"" → "Stryker was here!"',
  ),
  ...known(
    "core/src/webhook/verify.ts",
    "return Stripe.webhooks.signature?.verifyHeader(body, signature, secret, Stripe.webhooks.DEFAULT_TOLERANCE) ?? false;",
    "The library has it; only its types say that it may be missing.",
    "false → true",
    "Stripe.webhooks.signature?.verifyHeader → Stripe.webhooks.signature.verifyHeader",
  ),
  ...known(
    "core/src/webhook/verify.ts",
    "} catch {",
    "Then the answer is undefined: to whom it is given, that is no more than false, and no event either.",
    "{ … → {}",
  ),
  ...known(
    "core/src/customer/find.ts",
    'if (!("userId" in payer) || !email || !emailConfirmed) return [];',
    "It says whom not to ask for again, and no customer has that id.",
    '[] → ["Stryker was here"]',
  ),
  ...known(
    "core/src/customer/send-email.ts",
    'const others = dataOf(await supabase.from("customers").select("id").in("id", customerIds).neq("email", email));',
    "No list of columns means all of them.",
    '"id" → ""',
  ),
  ...known(
    "core/src/checkout/sell.ts",
    "const same = running ? undefined : rivals.find(({ metadata }) => metadata?.purchase === params.metadata?.purchase);",
    "A session has metadata, be they empty; only Stripe's types say that it may have none.",
    "metadata?.purchase → metadata.purchase",
    "params.metadata?.purchase → params.metadata.purchase",
  ),
  ...known(
    "core/src/checkout/sessions.ts",
    'if (price.mode === "payment") return ofMode.filter(({ metadata }) => metadata?.price_id === price.id);',
    "A session has metadata, be they empty; only Stripe's types say that it may have none.",
    "metadata?.price_id → metadata.price_id",
  ),
  ...known(
    "core/src/checkout/sessions.ts",
    "(line_items?.data ?? []).flatMap(({ price }) => idOf(price?.product) ?? []);",
    "Stripe was asked for the items, each of which has a price of a product; only its types say that they may be missing.",
    "line_items?.data → line_items.data",
    "price?.product → price.product",
    '[] → ["Stryker was here"]',
  ),
  ...known(
    "core/src/checkout/refusals.ts",
    'const { param = "", message } = error;',
    "Neither is a parameter of Stripe's.",
    '"" → "Stryker was here!"',
  ),
  ...known(
    "core/src/checkout/summarize.ts",
    'if (subscription && typeof subscription === "object" && subscription.items.has_more) {',
    "Stripe was asked for it whole.",
    'typeof subscription === "object" → true',
  ),
  ...known(
    "core/src/checkout/lease.ts",
    "if (performance.now() > giveUpAt) throw saleInProgress();",
    "A billionth of a second more or less.",
    "performance.now() > giveUpAt → performance.now() >= giveUpAt",
  ),
  ...known(
    "core/src/checkout/lease.ts",
    "if (performance.now() > askedAt + LEASE_GOOD_FOR_MS) throw saleInProgress();",
    "A billionth of a second more or less.",
    "performance.now() > askedAt + LEASE_GOOD_FOR_MS → performance.now() >= askedAt + LEASE_GOOD_FOR_MS",
  ),
  ...known(
    "core/src/checkout/lease.ts",
    "await sleep(ASK_EVERY_MS * (0.5 + Math.random())); // those who wait do not ask all at once",
    "Postgres is asked a little more or less often.",
    "ASK_EVERY_MS * (0.5 + Math.random()) → ASK_EVERY_MS / (0.5 + Math.random())",
    "0.5 + Math.random() → 0.5 - Math.random()",
  ),
  ...known(
    "core/src/checkout/summarize.ts",
    "if (named.length === 0 && Date.now() / 1000 - session.created < FRESH_SECONDS) return;",
    "A thousandth of a second more or less.",
    "Date.now() / 1000 - session.created < FRESH_SECONDS → Date.now() / 1000 - session.created <= FRESH_SECONDS",
  ),
  ...known(
    "core/src/checkout/summarize.ts",
    '? supabase.from("customers").select("user_id, organization_id").eq("id", customerId)',
    "No list of columns means all of them.",
    '"user_id, organization_id" → ""',
  ),
  ...known(
    "core/src/checkout/summarize.ts",
    ': supabase.from("checkout_sessions").select("user_id, organization_id").eq("id", session.id);',
    "No list of columns means all of them.",
    '"user_id, organization_id" → ""',
  ),
  ...known(
    "core/src/checkout/schema.ts",
    'price_id: z.string("Valid price ID is required").check(z.regex(PRICE_ID, "Valid price ID is required")),',
    "A check without words of its own has those of its schema.",
    '"Valid price ID is required" → ""',
  ),
  ...known(
    "core/src/checkout/summarize.ts",
    'const mirrored = supabase.from("checkout_sessions").select("outcome").eq("id", session.id);',
    "No list of columns means all of them.",
    '"outcome" → ""',
  ),
  ...known(
    "core/src/checkout/summarize.ts",
    "items: (items?.data ?? []).map((item) => ({",
    "Stripe was asked for them; only its types say that they may be missing.",
    "items?.data → items.data",
    '[] → ["Stryker was here"]',
  ),
  ...known(
    "core/src/checkout/summarize.ts",
    'description: item.description ?? "",',
    "A price's item has its product's name; only Stripe's types say that it may be missing.",
    '"" → "Stryker was here!"',
  ),
  ...known(
    "functions/src/middleware/authenticate.ts",
    'return { accessToken, cookies: parsed.map(([name, value = ""]) => ({ name, value })) };',
    "A cookie that was read has a value.",
    '"" → "Stryker was here!"',
  ),
  ...known(
    "functions/src/middleware/validate.ts",
    'throw new BillingError("invalid_request", checked.error.issues[0]?.message ?? "The request is not valid");',
    "A schema that refuses says why.",
    '"The request is not valid" → ""',
    "checked.error.issues[0]?.message → checked.error.issues[0].message",
  ),
  ...known(
    "functions/src/apply-stripe-events.ts",
    'const outcome = outcomes.get(eventIdOf.get(messageId) ?? "");',
    "Neither is an event's id.",
    '"" → "Stryker was here!"',
  ),
  ...known(
    "functions/src/middleware/limit-body.ts",
    'before: ({ event: { body = "", isBase64Encoded } }) => {',
    "Neither is too large.",
    '"" → "Stryker was here!"',
  ),
  ...known(
    "functions/src/middleware/limit-body.ts",
    'if (Buffer.byteLength(body, isBase64Encoded ? "base64" : "utf8") > LARGEST_BODY) {',
    "Without an encoding, Node takes UTF-8.",
    '"utf8" → ""',
  ),
  ...known(
    "functions/src/middleware/log-request.ts",
    "const status = response?.statusCode ?? 500;",
    "By then there is an answer, be it to an error.",
    "response?.statusCode → response.statusCode",
  ),
  ...known(
    "functions/src/middleware/parse.ts",
    "if (!request.event.body) return { sent: {} };",
    "What is nothing at all has no fields either: see validate.ts.",
    "{ sent: {} } → {}",
  ),
  ...known(
    "functions/src/middleware/parse.ts",
    "await parseBody?.(parsed);",
    "Middy's parser has it; only its type says that it may be missing.",
    "parseBody?.(parsed) → parseBody(parsed)",
  ),
  ...known(
    "functions/src/receive-stripe-event.ts",
    'async function verifyDelivery({ event: { body = "", isBase64Encoded, headers } }: RouteRequest): Promise<Delivery> {',
    "Stripe's library takes no signature of nothing, and none of this.",
    '"" → "Stryker was here!"',
  ),
  ...known(
    "functions/src/receive-stripe-event.ts",
    'const raw = Buffer.from(body, isBase64Encoded ? "base64" : "utf8").toString("utf8");',
    "Without an encoding, Node takes UTF-8.",
    '"utf8" → ""',
  ),
  ...known(
    "core/src/checkout/schema.ts",
    'priceId: text("Price ID is required").check(z.regex(STRIPE_ID, "Price ID is required")),',
    "A check without words of its own has those of its schema.",
    '"Price ID is required" → ""',
  ),
  ...known(
    "core/src/mirror/settle.ts",
    "if (!first) return [];",
    "No group of events is empty; only the type says that it may be.",
    "!first → false",
    '[] → ["Stryker was here"]',
  ),
  ...known(
    "core/src/mirror/settle.ts",
    'if (performance.now() > deadline) throw new OwnError("There was no time left to ask Stripe");',
    "A billionth of a second more or less.",
    "performance.now() > deadline → performance.now() >= deadline",
  ),
  ...known(
    "core/src/mirror/settle.ts",
    "await sleep(NEXT_SECOND_MS * (0.5 + Math.random()));",
    "A pause of about a second all the same.",
    "NEXT_SECOND_MS * (0.5 + Math.random()) → NEXT_SECOND_MS / (0.5 + Math.random())",
  ),
  ...known(
    "core/src/identity/keys.ts",
    "if (Date.now() >= this.#knownAt + FRESH_FOR_MS || !this.#known?.ids.has(kid)) await this.#ask();",
    "A thousandth of a second more or less.",
    "Date.now() >= this.#knownAt + FRESH_FOR_MS → Date.now() > this.#knownAt + FRESH_FOR_MS",
  ),
  ...known(
    "core/src/identity/keys.ts",
    "if (Date.now() >= this.#knownAt + FRESH_FOR_MS || !this.#known?.ids.has(kid)) await this.#ask();",
    "As long as no keys are known, none are fresh.",
    "this.#known?.ids → this.#known.ids",
  ),
  ...known(
    "core/src/identity/keys.ts",
    "if (!this.#asking && Date.now() < this.#askedAt + pause) return Promise.resolve();",
    "A thousandth of a second more or less.",
    "Date.now() < this.#askedAt + pause → Date.now() <= this.#askedAt + pause",
  ),
  ...known(
    "core/src/identity/refreshes.ts",
    "if (Date.now() < at + REMEMBERED_FOR_MS) return; // they are in the order of their time",
    "A thousandth of a second more or less.",
    "Date.now() < at + REMEMBERED_FOR_MS → Date.now() <= at + REMEMBERED_FOR_MS",
  ),
  ...known(
    "core/src/identity/cookies.ts",
    'const written = (await combineChunks(name, (piece) => pieces.get(piece))) ?? "";',
    "Neither is JSON.",
    '"" → "Stryker was here!"',
  ),
  ...known(
    "core/src/identity/cookies.ts",
    'if (typeof access_token !== "string") throw new TypeError("no access token");',
    "It is caught a few lines below, whatever it says.",
    '"no access token" → ""',
  ),
  ...known(
    "core/src/identity/index.ts",
    "{ accessToken, cookies = [] }: Credentials,",
    "A text has no value, and a cookie without one is none.",
    '[] → ["Stryker was here"]',
  ),
  ...known(
    "core/src/reconcile/listings.ts",
    'return missing.filter((created) => created < secondsOf(listing.until ?? "") - UNDER_WAY_S).length;',
    "With its first page a listing has one; only its type says that it may be missing.",
    '"" → "Stryker was here!"',
  ),
  ...known(
    "core/src/reconcile/cursor.ts",
    "place: row.place && row.place_at ? { id: row.place, at: row.place_at } : undefined,",
    "One function of the database writes both, or neither.",
    "row.place && row.place_at → row.place || row.place_at",
  ),
  ...known(
    "core/src/reconcile/index.ts",
    "if (performance.now() >= (deps.until ?? Number.POSITIVE_INFINITY)) return false;",
    "A billionth of a second more or less.",
    "performance.now() >= (deps.until ?? Number.POSITIVE_INFINITY) → performance.now() > (deps.until ?? Number.POSITIVE_INFINITY)",
  ),
];
