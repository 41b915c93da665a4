import { html } from "hono/html";
import type Stripe from "stripe";
import { type CheckoutInput, marksOf, type Problem } from "./checkout-form.ts";
import type { FieldsView } from "./checkout-page.ts";
import type { Markup } from "./layout.ts";

const COUNTRIES =
  "AD AE AF AG AI AL AM AO AR AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CL CM CN CO CR CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IQ IS IT JE JM JO JP KE KG KH KI KM KN KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MK ML MM MN MO MQ MR MS MT MU MV MW MX MY MZ NA NC NE NG NI NL NO NP NR NZ OM PA PE PF PG PH PK PL PR PS PT PY QA RE RO RS RU RW SA SB SC SE SG SH SI SK SL SM SN SO SR SS ST SV SZ TC TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG VN VU WS XK YE YT ZA ZM ZW".split(
    " ",
  );
const STATES =
  "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY".split(
    " ",
  );
/** Where the tax depends on the postal code, Stripe asks for it. */
const WITH_POSTAL_CODE = ["CA", "GB", "US"];

const byName = new Intl.DisplayNames("en", { type: "region" });
const OPTIONS = COUNTRIES.map((code) => ({ code, name: byName.of(code) ?? code })).sort((a, b) =>
  a.name.localeCompare(b.name, "en"),
);

/** What has to be filled in of an address in the country that was chosen. */
export const addressLabels = ({ country = "" }: CheckoutInput) => ({
  country: "country",
  ...(WITH_POSTAL_CODE.includes(country) && { postal_code: "postal code" }),
  ...(country === "US" && { state: "state" }),
});

/** The typed address, or what to tell the buyer about it. */
export function readAddress({
  country = "",
  state = "",
  postal_code: postal = "",
}: CheckoutInput): Stripe.Address | Problem {
  if (!COUNTRIES.includes(country)) return { field: "country", message: "Choose the country of your billing address." };
  if (country === "US" && !STATES.includes(state)) {
    return { field: "state", message: "Choose the state of your billing address." };
  }
  if (WITH_POSTAL_CODE.includes(country) && postal.trim() === "") {
    return { field: "postal_code", message: "Enter the postal code of your billing address." };
  }
  return {
    city: null,
    country,
    line1: null,
    line2: null,
    postal_code: postal.trim() || null,
    state: country === "US" ? state : null,
  };
}

/** The fields that tax needs. What was typed stays; at first they show what is known of the customer. */
export function addressFields(view: FieldsView): Markup | string {
  const { known } = view.expected.address ?? {};
  if (known === undefined) return "";
  const country = view.input.country ?? known?.country ?? "US";
  const state = view.input.state ?? known?.state ?? "";
  const postal = view.input.postal_code ?? known?.postal_code ?? "";
  return html`<fieldset class="address"><legend>Billing address</legend>
<div class="field"><label for="country">Country</label><select id="country" name="country" autocomplete="billing country" ${marksOf(view, "country")}>${OPTIONS.map(
    ({ code, name }) => html`<option value="${code}" ${code === country ? "selected" : ""}>${name}</option>`,
  )}</select></div>
<div class="pair"><div class="field"><label for="postal_code">Postal code</label><input id="postal_code" name="postal_code" value="${postal}" autocomplete="billing postal-code" ${marksOf(view, "postal_code")}></div>
<div class="field state"><label for="state">State</label><select id="state" name="state" autocomplete="billing address-level1" ${marksOf(view, "state")}><option value=""></option>${STATES.map(
    (code) => html`<option ${code === state ? "selected" : ""}>${code}</option>`,
  )}</select></div></div></fieldset>`;
}
