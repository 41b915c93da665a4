import { CreatePortal } from "@turnpike/core/portal/schema";
import { describe, expect, it } from "vitest";

describe("a body", () => {
  const body = { returnUrl: "https://app.example.com/account" };
  const complaintOf = (flow: unknown) => CreatePortal.safeParse({ ...body, flow }).error?.issues[0]?.message;

  it.each(["payment_method_update", "subscription_cancel", "subscription_update"])("may name a flow: %s", (type) => {
    expect(CreatePortal.parse({ ...body, flow: { type } })).toEqual({ ...body, flow: { type } });
  });

  it("names the price to confirm, and may name a quantity", () => {
    const flow = { type: "subscription_update_confirm", priceId: "price_1", quantity: 3 };
    expect(CreatePortal.parse({ ...body, flow })).toEqual({ ...body, flow });
  });

  it.each([
    [{}, "The flow's type must be"],
    [{ type: "subscription_pause" }, "The flow's type must be"],
    [{ type: "subscription_update_confirm" }, "The flow's price ID is required"],
    [{ type: "subscription_update_confirm", priceId: "" }, "The flow's price ID is required"],
    [{ type: "subscription_update_confirm", priceId: "price_1", quantity: 0 }, "The flow's quantity must be"],
    [{ type: "subscription_update_confirm", priceId: "price_1", quantity: 1.5 }, "The flow's quantity must be"],
    [{ type: "subscription_update_confirm", priceId: "price_1", quantity: "3" }, "The flow's quantity must be"],
  ])("is refused with what it lacks: %j", (flow, complaint) => {
    expect(complaintOf(flow)).toContain(complaint);
  });
});
