/** Stands in for Supabase's auth client in functions that sign nobody in: there is never a session. */
export class AuthClient {
  onAuthStateChange() {
    return { data: {} };
  }
  async getSession() {
    return { data: { session: null }, error: null };
  }
}
