// Do not name this package in the root's package.json: SST leaves what stands there out of its bundle of `sst.config.ts`, and the
// Node.js that runs `sst deploy` may be too old to read TypeScript.
export { assertSettings, environmentText, readSetting, SettingError } from "./read.ts";
export {
  type PlainSettingName,
  type SecretName,
  type SettingName,
  type SettingsEnvironment,
  type SettingValue,
  settings,
} from "./settings.ts";
export { longestOf, TIME_LIMITS } from "./time-limits.ts";
