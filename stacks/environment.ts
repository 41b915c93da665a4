/**
 * The settings that are no secrets, read where `sst` or the local runtime runs and written into each function's environment.
 * An absent one is left out, so that the function that needs it says so by name.
 */
export function environment<Name extends string>(...names: Name[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value ? [[name, value]] : [];
    }),
  );
}
