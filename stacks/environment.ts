import { environmentText, type PlainSettingName } from "@turnpike/settings";

/**
 * Settings that are no secrets, read where `sst` or the local runtime runs and written into a function's environment.
 * One that is not set is left out, so that the function that needs it says so by name.
 */
export function environment<Name extends PlainSettingName>(...names: Name[]): { [Key in Name]?: string } {
  const written: { [Key in Name]?: string } = {};
  for (const name of names) {
    const text = environmentText(name);
    if (text) written[name] = text;
  }
  return written;
}
