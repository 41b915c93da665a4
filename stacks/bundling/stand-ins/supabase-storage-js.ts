export { LeftOut as StorageApiError, LeftOut as StorageClient } from "./left-out.ts";
