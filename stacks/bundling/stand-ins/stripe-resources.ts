export { LeftOut as OAuthResource } from "./left-out.ts";
