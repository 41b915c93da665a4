import { environmentText, type PlainSettingName, readSetting } from "@turnpike/settings";

/**
 * Settings that are no secrets, read where `sst` or the local runtime runs and written into a function's environment.
 * One that is not set is left out, so that the function that needs it says so by name.
 * @throws SettingError when one is set to what no function can read
 */
export function environment<Name extends PlainSettingName>(...names: Name[]): { [Key in Name]?: string } {
  const written: { [Key in Name]?: string } = {};
  for (const name of names) {
    const text = environmentText(name);
    if (!text) continue;
    readSetting(name);
    written[name] = text;
  }
  return written;
}
