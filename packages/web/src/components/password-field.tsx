/** A password's field. A new one has to have a length. */
export function PasswordField({ label = "Password", isNew = false }: { label?: string; isNew?: boolean }) {
  return (
    <label className="field">
      <span>{label}</span>
      <input
        type="password"
        name="password"
        autoComplete={isNew ? "new-password" : "current-password"}
        minLength={isNew ? 8 : undefined}
        aria-describedby={isNew ? "password-rule" : undefined}
        required
      />
      {isNew && (
        <span id="password-rule" className="hint">
          At least 8 characters.
        </span>
      )}
    </label>
  );
}
