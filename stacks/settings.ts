/**
 * A setting of the deploy that is `on` or, when it is not set, off.
 * @throws Error that names the variable, when it says something else
 */
export function isOn(name: "TRACING" | "WAF"): boolean {
  const value = process.env[name] || "off";
  if (value === "on" || value === "off") return value === "on";
  throw new Error(`${name} is "${value}": set it to on, or leave it empty.`);
}
