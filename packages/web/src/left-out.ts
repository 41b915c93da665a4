/**
 * Stands in for the parts of supabase-js that no page uses, Realtime, Storage and Edge Functions: a fifth of all that a visitor would
 * load. `vite.config.ts` says of which; a page that needs one takes it out of that list.
 */
export class LeftOut {
  /** Called with each new session. */
  setAuth(): Promise<void> {
    return Promise.resolve();
  }
}

export {
  LeftOut as FunctionRegion,
  LeftOut as FunctionsClient,
  LeftOut as FunctionsError,
  LeftOut as FunctionsFetchError,
  LeftOut as FunctionsHttpError,
  LeftOut as FunctionsRelayError,
  LeftOut as RealtimeClient,
  LeftOut as StorageApiError,
  LeftOut as StorageClient,
};
