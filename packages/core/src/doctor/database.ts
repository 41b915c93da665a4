import { createHash } from "node:crypto";
import { compareCatalogs, type Difference } from "./catalog.ts";
import type { Check, Examined, Found } from "./finding.ts";
import { count } from "./finding.ts";
import { migrated } from "./migrated.ts";

const PUSH = "npx supabase db push";

export const supabase: Check = {
  name: "supabase",
  async look(subject) {
    const { supabase } = subject;
    const { error, status } = await supabase.rpc("get_stripe_account");
    // A function that is there and fails, or that this key may no longer call: what is said of schema and grants names it.
    const isSabotaged = isMissingTable(error?.code ?? "") || (error?.code === "42501" && status === 403);
    if (!error || isSabotaged) return { ok: "answers, and takes the secret key" };
    if (status === 0) {
      return {
        says: "SUPABASE_URL does not answer",
        why: "Nothing is mirrored, sold or shown while the database cannot be reached.",
        mend: "set SUPABASE_URL to the project's address, https://YOUR_REF.supabase.co; a project that is paused is restored in its dashboard",
      };
    }
    if (status === 401 || status === 403 || error.code === "42501") {
      return {
        says: "SUPABASE_SECRET_KEY is refused",
        details: [`${error.code ?? status}: the key is of another project, was revoked, or is the publishable one`],
        why: "Every function reads and writes with this key.",
        mend: 'copy the secret key (sb_secret_…) from the project\'s settings, "API keys"',
      };
    }
    if (isNotMigrated(error.code)) {
      return {
        says: "The project has none of Turnpike's tables",
        why: "There is nothing to mirror Stripe into.",
        mend: PUSH,
      };
    }
    if (status === 540) {
      return {
        says: "The Supabase project is paused",
        why: "Nothing is mirrored, sold or shown while it is.",
        mend: "restore it in its dashboard, https://supabase.com/dashboard",
      };
    }
    if (!error.code && (status === 404 || status === 405)) {
      return {
        says: `SUPABASE_URL is no project's API: what answers there says ${status}`,
        why: "Nothing is mirrored, sold or shown without the database.",
        mend: "set SUPABASE_URL to the project's address alone, https://YOUR_REF.supabase.co: not the dashboard's, and nothing behind it",
      };
    }
    return {
      says: `Supabase refuses (${error.code || status})`,
      why: "Nothing is mirrored, sold or shown while the database refuses.",
      mend: "look at https://status.supabase.com and at the project's logs",
    };
  },
};

export const migrations: Check = {
  name: "migrations",
  async look({ migrations: files, state }) {
    const { migrations: applied } = await state();
    if (!applied) {
      return {
        state: "unknown",
        says: "Which migrations were applied is not written down in this database",
        why: "What an upgrade needs could be missing. The next check compares the tables themselves.",
        mend: PUSH,
      };
    }
    const known = new Map(applied.map((migration) => [migration.version, migration]));
    const missing = files.filter(({ version }) => !known.has(version));
    const edited = files.filter(({ version, sql }) => (known.get(version)?.digest ?? digestOf(sql)) !== digestOf(sql));
    const name = ({ version, name }: { version: string; name: string }) => `${version}_${name}.sql`;
    if (missing.length > 0) {
      return {
        says: `${count(missing.length, "migration")} ${missing.length === 1 ? "was" : "were"} never applied`,
        details: [
          ...missing.map((file) => `${name(file)} is missing`),
          ...edited.map((file) => `${name(file)} was edited`),
        ],
        why: "The functions ask for tables and functions that are not there: events fail, and come again.",
        mend: PUSH,
      };
    }
    if (edited.length > 0) {
      return {
        says: `${count(edited.length, "migration")} ${edited.length === 1 ? "was" : "were"} edited after being applied`,
        details: edited.map((file) => `${name(file)} is not as the database has had it`),
        why: "What was changed in the file never reaches this database.",
        mend: "git checkout supabase/migrations, and write what you want to change as a new migration",
      };
    }
    return { ok: "all are applied, as they are in the files" };
  },
};

/** What a migration does, whatever spaces, comments and semicolons its statements were stored with: see `inspect_state`. */
function digestOf(sql: string): string {
  const words = sql.replace(/--[^\n]*/g, "").replace(/[ \t\r\n;]+/g, "");
  return createHash("md5").update(words).digest("hex");
}

export const rowLevelSecurity = compared(
  "row-level security",
  "is on for every table, with the policies of the migrations",
  "Whoever has the publishable key, which is in your pages, could read other people's rows.",
);

export const grants = compared(
  "grants",
  "every role may do what the migrations granted, and nothing else",
  "A role that may do more can forge or read billing data; one that may do less breaks the pages or the functions.",
);

export const schema = compared(
  "schema",
  "tables, columns, constraints, triggers, indexes, views and functions are as the migrations made them",
  "Events that touch what is not there fail; what a trigger, a constraint or a function should do is not done.",
);

export const ownRows = compared(
  "own rows",
  "what the migrations have written is there",
  "Without its settings no purchase finds its owner; of an object without its row no event is applied.",
);

function compared(kind: Difference["kind"], ok: string, why: string): Check {
  return {
    name: kind,
    async look(subject): Promise<Found> {
      const differences = compareCatalogs(migrated, await subject.catalog()).filter((each) => each.kind === kind);
      if (differences.length === 0) return { ok };
      const statements = differences.map((each) => each.mend ?? whereToFind(each, subject));
      return {
        says:
          differences.length === 1
            ? (differences[0]?.says ?? "")
            : `${differences.length} things are not as they should be`,
        details: differences.length === 1 ? [] : differences.map(({ says }) => says),
        why,
        mend: [...new Set(statements)].join("\n"),
      };
    },
  };
}

/** The file whose statement makes it anew. */
function whereToFind({ says }: Difference, { migrations: files }: Examined): string {
  const [whole = ""] = says.split(": ");
  const [, object] = /^billing\.mirrored: the row of (\w+)/.exec(says) ?? [];
  if (object)
    return `run the call of \`select billing.mirror('${object}', …)\`${inFile(files, `billing.mirror('${object}'`)} again`;
  if (/^billing\.apply_\w+\((objects text\[\], )?changes billing\.change\[\]\)$/.test(whole)) {
    return "run the calls of `select billing.mirror(…)` in supabase/migrations again";
  }
  const name = whole.replace(/\(.*/s, "");
  const column = /: its column (\S+)/.exec(says)?.[1];
  const made = inFile(files, new RegExp(`create (or replace )?(table|view|function) ${name.replace(".", "\\.")}\\b`));
  const again = /: the (function|view) (does|shows|is|runs|lacks) (?!not there)/.test(says)
    ? "again, as `create or replace`"
    : "again";
  return `run the statement about ${column ? `${column} of ${name}` : name}${made} ${again}`;
}

/** The last of the migrations that has it. */
function inFile(files: Examined["migrations"], statement: RegExp | string): string {
  const has = (sql: string) => (typeof statement === "string" ? sql.includes(statement) : statement.test(sql));
  const file = files.findLast(({ sql }) => has(sql));
  return file ? ` in supabase/migrations/${file.version}_${file.name}.sql` : "";
}

function isNotMigrated(code: string): boolean {
  return /^(PGRST202|42883|3F000)$/.test(code);
}

/** A function of ours was called, and did not find a table. */
export function isMissingTable(code: string): boolean {
  return /^(42P01|PGRST205)$/.test(code);
}
