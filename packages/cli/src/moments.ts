/** A moment as the operator's clock shows UTC: `2026-11-27 02:18:36`. */
export function formatMoment(iso: string): string {
  return new Date(iso).toISOString().slice(0, 19).replace("T", " ");
}
