export { LeftOut as AuthClient } from "./left-out.ts";
