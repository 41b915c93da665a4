/** What is used of a `pg` pool; its types live in a workspace that is only installed to run the benchmark. */
export interface Pool {
  query(statement: string | { name?: string; text: string; values: unknown[] }): Promise<{ rows: unknown[] }>;
  end(): Promise<void>;
}
export function createPool(url: string, connections: number): Pool;
