/** How many cases a property is tried on in `npm test`, and `ROUNDS` times as many where somebody has the time. */
export const rounds = (usual: number): number => Math.ceil(usual * Number(process.env.ROUNDS ?? 1));
