import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MIGRATIONS, type Mutated, placeMutants } from "../mutants/place.ts";
import { SQL_MUTANTS, type SqlMutant } from "../mutants/sql.ts";
import { Player } from "./players.ts";

/** Who may read what is not the simulation's matter: it sees rows past row-level security, and asks as the service role alone. */
const NOT_OURS = /test\/(security\/|core\/access|core\/payment-history|core\/account|functions\/)/;

interface Choice {
  worlds: number;
  processes: number;
  /** Texts: a mutant is chosen when one of them is in its name. */
  only: readonly string[];
}

interface Found {
  /** What did not hold; nothing when all did. */
  by: string | undefined;
  worlds: number;
  seconds: number;
}

/** Takes guarantees out of the SQL, each alone, and plays worlds until something does not hold. */
export async function playMutants({ worlds, processes, only }: Choice): Promise<void> {
  const chosen = SQL_MUTANTS.filter(
    ({ name, tests }) => !tests.some((test) => NOT_OURS.test(test)) && only.some((text) => name.includes(text)),
  );
  const queue = [...placeMutants(chosen)];
  let [found, tried] = [0, 0];
  console.log("| taken away | what does not hold any more | worlds | seconds |\n|---|---|---|---|");
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [mutant, mutated] = next;
      const { by, worlds: played, seconds } = await playMutant(mutated, worlds);
      tried++;
      if (by !== undefined) found++;
      console.log(row(mutant, { by, worlds: played, seconds }));
    }
  };
  await Promise.all(Array.from({ length: processes }, work));
  console.log(`\n${found} of ${tried} were found.`);
}

const row = ({ name }: SqlMutant, { by, worlds, seconds }: Found) =>
  `| ${name} | ${by ?? "not found"} | ${worlds} | ${seconds.toFixed(0)} |`;

async function playMutant({ file, text }: Mutated, most: number): Promise<Found> {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-simulated-mutant-"));
  cpSync(MIGRATIONS, dir, { recursive: true });
  writeFileSync(join(dir, file), text);
  const player = new Player(dir);
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  try {
    for (let world = 1; world <= most; world++) {
      const [by] = await player.play(`${world}:histories=0,1,2,3`).then(
        ({ failures }) => Object.keys(failures),
        () => ["it comes to an end"],
      );
      if (by !== undefined) return { by, worlds: world, seconds: seconds() };
    }
    return { by: undefined, worlds: most, seconds: seconds() };
  } finally {
    player.close();
    rmSync(dir, { recursive: true });
  }
}
