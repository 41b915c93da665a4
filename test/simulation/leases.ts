/** Whose a payer's sale is at each moment: what ends it must be its own. */
export class Leases {
  readonly #holders = new Map<string, string>();
  readonly wrong: string[] = [];

  /** @param tokenOf who has the payer's lease by now, in Postgres */
  async note(name: string, body: string, answer: string, tokenOf: (payer: string) => Promise<string | undefined>) {
    const { payer, token } = JSON.parse(body) as { payer: string; token: string };
    if (name === "begin_sale") {
      if (answer === "true") this.#holders.set(payer, token);
      return;
    }
    const holder = this.#holders.get(payer);
    if (holder !== token && holder !== (await tokenOf(payer)))
      this.wrong.push(`${payer}: the sale of another is ended`);
    if (holder === token) this.#holders.delete(payer);
  }
}
