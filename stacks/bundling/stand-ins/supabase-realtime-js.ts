/** Stands in for Supabase's realtime client. It is told of refreshed tokens, and has nobody to pass them on to. */
export class RealtimeClient {
  setAuth(): void {}
}
