import { brand } from "../brand.ts";

/** What a team sees when the app was built without its settings. */
export function MissingSettings({ names }: { names: string[] }) {
  return (
    <main className="page page-narrow">
      <title>{`Not set up · ${brand.name}`}</title>
      <h1>{brand.name} is not connected yet</h1>
      <p className="lead">
        This page was built without knowing its Supabase project. Set what is missing, then build again:
      </p>
      <ul className="missing">
        {names.map((name) => (
          <li key={name}>
            <code>{name}</code>
          </li>
        ))}
      </ul>
      <p>
        Both are on your Supabase project's page, under Settings → API keys. On a laptop, “npm start” sets them by
        itself.
      </p>
    </main>
  );
}
