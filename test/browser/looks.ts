import type { Page } from "playwright-core";

// Of what a page looks like, what axe does not look at. Each is an expression of the page's that lists what is wrong.

/** What is too small for a finger: https://www.w3.org/WAI/WCAG22/Understanding/target-size-enhanced.html */
export const SMALL = `[...document.querySelectorAll("a, button, input, select, summary")].flatMap((element) => {
  const target = element.closest("label") ?? element;
  const { width, height, bottom } = target.getBoundingClientRect();
  const isShown = bottom > 0 && target.checkVisibility({ visibilityProperty: true });
  return isShown && Math.min(width, height) < 43.5 ? [\`\${Math.round(width)} × \${Math.round(height)}: \${target.outerHTML.slice(0, 120)}\`] : [];
})`;

/** What is indented on a page of one column. */
export const INDENTED = `[...document.querySelectorAll(".page-narrow > *")].flatMap((element) => {
  const { left } = element.getBoundingClientRect();
  const { paddingLeft } = getComputedStyle(element.parentElement);
  const edge = element.parentElement.getBoundingClientRect().left + parseFloat(paddingLeft);
  return element.checkVisibility() && Math.abs(left - edge) > 1 ? [element.outerHTML.slice(0, 120)] : [];
})`;

const CONTRAST = `
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const rgba = (color) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = color;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const isSeen = (color) => rgba(color)[3] > 0;
const luminance = (color) => {
  const [red, green, blue] = rgba(color).map((value) => value / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const ratio = (one, other) => {
  const [less, more] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (more + 0.05) / (less + 0.05);
};
const behind = (element) => {
  const { backgroundColor } = getComputedStyle(element);
  return isSeen(backgroundColor) || !element.parentElement ? backgroundColor : behind(element.parentElement);
};`;

/** Controls whose edge is hard to see: https://www.w3.org/WAI/WCAG22/Understanding/non-text-contrast.html */
export const FAINT = `(() => { ${CONTRAST}
const CONTROLS = ".button:enabled, a.button, select, input:not([type=radio]), .segmented, .segmented label:has(:checked), .choice";
return [...document.querySelectorAll(CONTROLS)].filter((element) => element.checkVisibility({ visibilityProperty: true })).flatMap((element) => {
  const { borderTopColor, borderTopWidth, backgroundColor } = getComputedStyle(element);
  const edge = parseFloat(borderTopWidth) > 0 && isSeen(borderTopColor) ? borderTopColor : backgroundColor;
  const contrast = isSeen(edge) ? ratio(edge, behind(element.parentElement)) : 1;
  return contrast < 3 ? [\`\${contrast.toFixed(2)}: \${element.outerHTML.slice(0, 120)}\`] : [];
}); })()`;

const RING = `(() => { ${CONTRAST}
const focused = document.activeElement;
if (!focused || focused === document.body) return undefined;
const ringed = [focused, focused.closest("label")].find((element) => {
  const { outlineStyle, outlineWidth } = element ? getComputedStyle(element) : {};
  return outlineStyle && outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
});
const contrast = ringed ? ratio(getComputedStyle(ringed).outlineColor, behind(ringed.parentElement)) : 1;
return { of: focused.outerHTML.slice(0, 120), contrast };
})()`;

/** What the keyboard comes to, and who looks does not see where it is. */
export async function unseenFocus(page: Page): Promise<string[]> {
  const seen = new Map<string, number>();
  for (let n = 0; n < 60; n++) {
    await page.keyboard.press("Tab");
    const ring = await page.evaluate<{ of: string; contrast: number } | undefined>(RING);
    if (!ring || seen.has(ring.of)) break;
    seen.set(ring.of, ring.contrast);
  }
  return [...seen].flatMap(([of, contrast]) => (contrast < 3 ? [`${contrast.toFixed(2)}: ${of}`] : []));
}

/** Choices, and the page that is open, that look like those beside them where a contrast theme takes the colours away. */
export const ALIKE = `[...document.querySelectorAll("fieldset:has([type=radio]), nav:has([aria-current])")].flatMap((group) => {
  const looks = (element) => {
    const { borderTopColor, textDecorationLine } = getComputedStyle(element);
    return borderTopColor + textDecorationLine;
  };
  const isNative = group.matches(".prices"); // the browser draws its radio buttons
  const chosen = group.querySelector("label:has(:checked), [aria-current]");
  const others = [...group.querySelectorAll("label:not(:has(:checked)), a:not([aria-current])")];
  return !isNative && chosen && others.some((other) => looks(other) === looks(chosen)) ? [chosen.outerHTML.slice(0, 120)] : [];
})`;
