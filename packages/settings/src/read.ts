import { Unusable } from "./parse.ts";
import { type SettingName, type SettingsEnvironment, type SettingValue, settings } from "./settings.ts";

/** A setting that is missing or malformed. The message names it, and says what to do. */
export class SettingError extends Error {
  override readonly name = "SettingError";
  /** The log may hold the message: it quotes no secret and no customer. */
  readonly quotesNothing = true;
}

// What a script writes into an environment when a variable of its own is not set.
const NO_VALUE = /^(undefined|null|NaN)$/;

/**
 * Reads one setting.
 * @throws SettingError when it is malformed, or is needed and not set
 */
export function readSetting<Name extends SettingName>(
  name: Name,
  environment?: SettingsEnvironment,
): SettingValue<Name>;
export function readSetting(name: SettingName, environment?: SettingsEnvironment): unknown {
  try {
    const text = environmentText(name, environment);
    if (text && NO_VALUE.test(text.trim()))
      throw new Unusable(`is the word "${text.trim()}": set it, or leave it empty`);
    return settings[name].parse(text);
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    throw new SettingError(`${name} ${error.message}. It is described in .env.example.`);
  }
}

/**
 * Reads all that are set of what a deployed stage uses, or `npm start` does: also what nobody would read before it does harm.
 * @throws SettingError for the first that is malformed
 */
export function assertSettings(usedBy: "deployed" | "local", environment?: SettingsEnvironment): void {
  for (const name of Object.keys(settings) as SettingName[])
    if (settings[name][usedBy] && environmentText(name, environment)) readSetting(name, environment);
}

/** A setting as it is written. An empty one is not set. */
export function environmentText(name: SettingName, environment: SettingsEnvironment = process.env): string | undefined {
  return environment[name] || undefined;
}
