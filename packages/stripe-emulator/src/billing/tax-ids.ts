import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { TaxId } from "../state/rows.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";

const EU = "AT BE BG CY CZ DE DK EE EL ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split(" ");

/** What the tax ids that the emulator knows look like; of other kinds it takes any (https://docs.stripe.com/billing/customer/tax-ids#supported-tax-id). */
const KINDS: [TaxId["type"], RegExp][] = [
  ["eu_vat", new RegExp(`^(${EU.join("|")})[A-Z0-9]{8,12}$`)],
  ["gb_vat", /^GB\d{9}$/],
  ["ch_vat", /^CHE\d{9}MWST$/],
  ["au_abn", /^\d{11}$/],
  ["us_ein", /^\d{2}-\d{7}$/],
];

/** The kind that a tax id looks like. */
export const kindOf = (value: string): TaxId["type"] | undefined =>
  KINDS.find(([, pattern]) => pattern.test(value))?.[0];

export const isTaxId = ({ type, value }: TaxId): boolean =>
  KINDS.find(([kind]) => kind === type)?.[1].test(value) ?? value !== "";

/** The kinds that Stripe asks a government about (https://docs.stripe.com/billing/customer/tax-ids#validation). */
const VERIFIED = ["au_abn", "eu_vat", "gb_vat"];

/** Writes down a tax id of a customer, or (null) of the account. */
export function putTaxId(world: World, customer: string | null, { type, value }: TaxId): Stored<Stripe.TaxId> {
  const verifies = VERIFIED.includes(type);
  const taxId = world.store.taxNumbers.put({
    id: newId("txi"),
    object: "tax_id",
    country: type === "eu_vat" ? value.slice(0, 2).replace("EL", "GR") : type.slice(0, 2).toUpperCase(),
    created: world.now(),
    customer,
    customer_account: null,
    livemode: false,
    owner: { customer_account: null, ...(customer === null ? { type: "self" } : { type: "customer", customer }) },
    type,
    value,
    verification:
      customer === null
        ? null
        : { status: verifies ? "pending" : "unavailable", verified_address: null, verified_name: null },
  });
  if (customer === null) return taxId;
  world.emit("customer.tax_id.created", taxId);
  if (verifies) world.schedule("verify_tax_id", taxId.id, world.nowMs());
  return taxId;
}

/** The customer's tax ids, as invoices and sessions show them. */
export const taxIdsOf = ({ store }: World, customer: string | null): TaxId[] =>
  customer === null ? [] : store.taxNumbers.where("customer", customer).map(({ type, value }) => ({ type, value }));

/**
 * What the government answers: in test mode some numbers decide it, and of others nothing is heard
 * (https://docs.stripe.com/billing/customer/tax-ids#validation).
 */
export function verifyTaxId(world: World, id: string): void {
  const taxId = world.store.taxNumbers.find(id);
  const { name = null, address } = world.store.customers.find(taxId?.customer) ?? {};
  const verified = { verified_name: name, verified_address: address?.line1 ?? null };
  const answers: [number: RegExp, answer: Stripe.TaxId.Verification][] = [
    [/000000000/, { status: "verified", ...verified }],
    [/111111111/, { status: "unverified", verified_name: null, verified_address: null }],
  ];
  const [, verification] = answers.find(([number]) => taxId && number.test(taxId.value)) ?? [];
  if (verification) world.update("taxNumbers", id, { verification }, "customer.tax_id.updated");
}

export function deleteTaxId(world: World, taxId: Stored<Stripe.TaxId>): Stripe.DeletedTaxId {
  world.store.taxNumbers.delete(taxId.id);
  if (taxId.customer !== null) world.emit("customer.tax_id.deleted", taxId);
  return { id: taxId.id, object: "tax_id", deleted: true };
}
