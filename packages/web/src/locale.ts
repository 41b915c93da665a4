/** The reader's languages, as they prefer them, without what is no language tag: a browser on a bare Linux says `en-US@posix`. */
export const languages = readable(navigator.languages);

/**
 * How amounts and days are written: in English, as the words around them, and of these as the reader prefers. Whoever translates the
 * pages changes this and `lang` in `index.html` together.
 */
export const locale = languages.find((language) => /^en\b/.test(language)) ?? "en";

export function readable(tags: readonly string[]): string[] {
  return tags.filter((tag) => {
    try {
      return Intl.getCanonicalLocales(tag).length > 0;
    } catch {
      return false;
    }
  });
}
