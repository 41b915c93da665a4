/** What is used of a `pg` pool; its types live in a workspace that is only installed to run the benchmark. */
export interface Queryable {
  query(
    statement: string | { name?: string; text: string; values: unknown[] },
  ): Promise<{ rows: unknown[]; rowCount: number | null }>;
}
export interface Client extends Queryable {
  release(): void;
}
export interface Pool extends Queryable {
  connect(): Promise<Client>;
  end(): Promise<void>;
}
export function createPool(url: string, connections: number): Pool;
export function copyFrom(client: Client, statement: string, lines: string): Promise<void>;
