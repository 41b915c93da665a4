export { type BuildResult, bundle } from "../lambda/bundle.ts";
