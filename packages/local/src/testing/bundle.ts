export { type BuildResult, bundle } from "../stacks/bundle.ts";
