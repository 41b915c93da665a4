import { readSetting } from "@turnpike/settings";
import { loadEnvironment } from "@turnpike/settings/dotenv";
import type { App } from "sst/constructs";

/** What AWS knows this product by. Of `.env.STAGE`, too: SST reads that file only after it has asked for the name. */
export function appName({ stage, root = process.cwd() }: { stage?: string; root?: string }): string {
  return readSetting("APP_NAME", loadEnvironment(root, undefined, `.env.${stage}`));
}

/** What an account has one of in each region: another stage, or another product beside this one, has its own. */
export function regionalName({ stage, name }: Pick<App, "stage" | "name">, what: string): string {
  return `${stage}-${name}-${what}`;
}

/** What an account has one of in all, such as CloudFront's: the same stage in another region has its own, too. */
export function globalName(app: Pick<App, "stage" | "name" | "region">): string {
  return regionalName(app, app.region);
}
