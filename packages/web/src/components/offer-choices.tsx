import type { Cadence } from "../cadence.ts";
import { nameOfCurrency } from "../currency.ts";

interface CadenceChoiceProps {
  cadences: Cadence[];
  cadence: string | undefined;
  onChange: (cadence: string) => void;
}

export function CadenceChoice({ cadences, cadence, onChange }: CadenceChoiceProps) {
  return (
    <fieldset className="segmented">
      <legend className="visually-hidden">How often to pay</legend>
      {cadences.map(({ name, saving, isSame }) => (
        <label key={name}>
          <input type="radio" name="cadence" checked={name === cadence} onChange={() => onChange(name)} />
          <span>{name}</span>
          {saving > 0 && <span className="saving">{isSame ? `−${saving}%` : `up to −${saving}%`}</span>}
        </label>
      ))}
    </fieldset>
  );
}

interface CurrencyChoiceProps {
  currencies: string[];
  currency: string | undefined;
  onChange: (currency: string) => void;
}

export function CurrencyChoice({ currencies, currency, onChange }: CurrencyChoiceProps) {
  return (
    <label className="currency">
      <span className="visually-hidden">Currency</span>
      <select value={currency} onChange={({ target }) => onChange(target.value)}>
        {[...currencies].sort().map((each) => (
          <option key={each} value={each}>
            {nameOfCurrency(each)}
          </option>
        ))}
      </select>
    </label>
  );
}
