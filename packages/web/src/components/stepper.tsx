import { type Bounds, MOST_OF_ONE } from "@turnpike/core/catalog/schema";
import { useEffect, useId, useState } from "react";

interface StepperProps {
  bounds: Bounds;
  value: number;
  onChange: (value: number) => void;
}

/** How many, within bounds. */
export function Stepper({ bounds: { least, most }, value, onChange }: StepperProps) {
  const id = useId();
  const [typed, setTyped] = useState(`${value}`);
  useEffect(() => setTyped(`${value}`), [value]);
  const isFit = (number: number) => Number.isInteger(number) && number >= least && number <= most;
  const type = (text: string) => {
    setTyped(text);
    if (isFit(Number(text))) onChange(Number(text));
  };
  const step = (by: number, name: string, sign: string) => (
    <button
      type="button"
      className="button button-quiet stepper-step"
      aria-label={name}
      disabled={!isFit(value + by)}
      onClick={() => onChange(value + by)}
    >
      {sign}
    </button>
  );
  return (
    <div className="field">
      <label htmlFor={id}>Quantity</label>
      <div className="stepper">
        {step(-1, "One less", "−")}
        <input
          id={id}
          type="number"
          inputMode="numeric"
          min={least}
          max={most}
          value={typed}
          aria-describedby={`${id}-bounds`}
          onChange={({ target }) => type(target.value)}
          onBlur={() => setTyped(`${value}`)}
        />
        {step(1, "One more", "+")}
      </div>
      <span id={`${id}-bounds`} className="hint">
        {most === MOST_OF_ONE ? `At least ${least}.` : `From ${least} to ${most}.`}
      </span>
    </div>
  );
}
