import type { Customer } from "./customer.ts";

/** What a customer does on the product's own page of their subscription. */

interface Preview {
  token: string;
  subscriptionId: string;
  amountDue: number;
}

const wish = ({ organizationId }: Customer, more: object = {}) => ({
  ...(organizationId && { organizationId }),
  ...more,
});

/** Looks what another plan would cost. */
export async function preview(customer: Customer, priceId: string): Promise<Preview | undefined> {
  const shown = await customer.post("subscriptions/preview-change", wish(customer, { priceId }));
  if (!shown || !("token" in shown)) return undefined;
  const { token, subscriptionId, amountDue } = shown as unknown as Preview;
  customer.shown.push({ subscriptionId, amountDue });
  return { token, subscriptionId, amountDue };
}

/** Looks what it would cost, thinks, and presses so many times. */
export async function changePlan(customer: Customer, priceId: string, presses: number, seconds: number): Promise<void> {
  const shown = await preview(customer, priceId);
  if (!shown) return;
  await customer.wait(seconds);
  const change = () => customer.post("subscriptions/change", wish(customer, { priceId, token: shown.token }));
  await Promise.all(Array.from({ length: presses }, change));
}

/** Ends it with what is paid for, or takes that back. */
export async function keep(customer: Customer, what: "cancel" | "resume"): Promise<void> {
  await customer.post(`subscriptions/${what}`, wish(customer));
}
