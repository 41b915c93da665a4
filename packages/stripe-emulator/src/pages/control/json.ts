import { html } from "hono/html";
import type { World } from "../../world.ts";
import type { Markup } from "../layout.ts";
import { findObject } from "./catalogue.ts";
import { objectUrl, secret } from "./layout.ts";

const SECRET_KEYS = /"(secret|client_secret)": $/;
/** The object that is shown does not lead to itself. */
const OWN_ID = /^ {2}"id": $/;
/** One line of what JSON.stringify indents: what comes before a string, the string, what comes after. */
const LINE = /^(\s*(?:"(?:[^"\\]|\\.)*": )?)"((?:[^"\\]|\\.)*)"(,?)$/;

/** JSON to read: ids lead to their objects, addresses of hosted pages to the pages, secrets are folded away. */
export function showJson(world: World, value: unknown): Markup {
  const lines = JSON.stringify(value, null, 2).split("\n");
  return html`<div class="json" role="region" aria-label="JSON" tabindex="0">${lines.map((line) => showLine(world, line))}</div>`;
}

function showLine(world: World, line: string): Markup {
  const [, before, text = "", after] = LINE.exec(line) ?? [];
  if (before === undefined) return html`${line}\n`;
  if (SECRET_KEYS.test(before) && text !== "") return html`${before}${secret(text)}${after}\n`;
  if (!OWN_ID.test(before) && findObject(world.store, text))
    return html`${before}"<a href="${objectUrl(text)}">${text}</a>"${after}\n`;
  if (text.startsWith(`${world.publicUrl}/`)) return html`${before}"<a href="${text}">${text}</a>"${after}\n`;
  return html`${line}\n`;
}
