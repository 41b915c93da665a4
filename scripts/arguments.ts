import { type ParseArgsOptionsConfig, parseArgs } from "node:util";

/** What a command was called with. `--help` shows the usage and ends it; what it does not know ends it with a line, and 2. */
export function readArguments<const Options extends ParseArgsOptionsConfig>(usage: string, options: Options) {
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: "boolean", short: "h" } } });
    if (!(values as { help?: boolean }).help) return parseArgs({ options }).values;
    console.log(usage);
    process.exit();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}. Its --help says more.`);
    process.exit(2);
  }
}
