import { html } from "hono/html";
import { answerChallenge } from "../billing/settlement.ts";
import { answerSetupChallenge } from "../billing/setup.ts";
import type { World } from "../world.ts";
import { badge, type Markup, notice, page, seeOther } from "./layout.ts";

/** The bank's page: whoever pays says whether it was them. `fields` travel along to the answer. */
export const challengePage = (
  fields: Partial<Record<string, string>> = {},
): Markup => html`<main class="page stack">${badge}
<h1>3D Secure 2 test page</h1>
<p>A bank would ask its customer here to confirm this payment.</p>
<form class="stack" method="post">
${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<button class="main" type="submit" name="challenge" value="complete">Complete</button>
<button type="submit" name="challenge" value="fail">Fail</button>
</form></main>`;

/** Where a payment or setup that waits for its challenge says that it is. */
const waiting = (world: World, id: string) =>
  [world.store.paymentIntents.find(id), world.store.setupIntents.find(id)].find(
    (intent) => intent?.status === "requires_action",
  );

export async function showChallenge(world: World, id: string): Promise<Response> {
  return waiting(world, id) ? page("3D Secure", challengePage()) : nothingToConfirm();
}

const nothingToConfirm = () => notice("Nothing to confirm", "This payment does not wait for you any more.", 410);

export function takeChallenge(world: World, id: string, form: Record<string, string>): Response | Promise<Response> {
  const intent = waiting(world, id);
  if (!intent) return nothingToConfirm();
  const passed = form.challenge === "complete";
  if (intent.object === "payment_intent") answerChallenge(world, id, passed);
  else answerSetupChallenge(world, id, passed);
  const back = intent.next_action?.redirect_to_url?.return_url ?? null;
  if (back !== null) return seeOther(back);
  const { status } = world.store.paymentIntents.find(id) ?? world.store.setupIntents.get(id);
  return status !== "requires_payment_method"
    ? notice("Confirmed", "You can close this page.", 200)
    : notice("Not confirmed", "The payment was not made. You can close this page.", 200);
}
