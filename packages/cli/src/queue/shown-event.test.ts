import { expect, it } from "vitest";
import { shownEvent } from "./shown-event.ts";

it("nothing that lets its holder pay or see a page is shown of an event, and the rest is", () => {
  const opens = [
    "client_secret",
    "url",
    "hosted_invoice_url",
    "invoice_pdf",
    "receipt_url",
    "pdf",
    "hosted_instructions_url",
    "hosted_voucher_url",
    "mobile_auth_url",
  ];
  const object = {
    id: "in_1",
    status: "open",
    total: 2900,
    ...Object.fromEntries(opens.map((key) => [key, "https://a.example"])),
  };
  expect(shownEvent(JSON.stringify({ event: { data: { object } } }))).toEqual({
    event: { data: { object: { ...object, ...Object.fromEntries(opens.map((key) => [key, "…"])) } } },
  });
});

it("of what is no event only the length is shown", () => {
  expect(shownEvent("sk_or_whatever")).toEqual({ unreadable: "14 characters that are no JSON" });
});
