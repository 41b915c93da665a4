export { giveUpNotices, type Mail, type Relayed, relayNotices } from "./relay.ts";
