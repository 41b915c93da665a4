import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Locks a data folder for this process by a file beside it: two PGlites on one folder lose each other's writes. The lock of
 * a process that is gone is taken over.
 * @returns a function that unlocks
 */
export function lockDirectory(dir: string): () => void {
  const lock = `${dir}.lock`;
  mkdirSync(dirname(lock), { recursive: true });
  if (!create(lock)) {
    const holder = findLiveHolder(lock);
    if (holder !== undefined) {
      throw new Error(
        `${dir} is in use by process ${holder}: two at once would lose data. Stop that process first. ` +
          `If it is another program, which happened to get the number of a crashed one, delete ${lock}.`,
      );
    }
    rmSync(lock, { force: true });
    if (!create(lock)) throw new Error(`${dir} has just been taken by another process. Stop that one first.`);
  }
  return () => rmSync(lock, { force: true });
}

function create(lock: string): boolean {
  try {
    writeFileSync(lock, `${process.pid} ${findStartTime(process.pid) ?? ""}`, { flag: "wx" });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

function findLiveHolder(lock: string): number | undefined {
  const [pid = "", startTime] = readFileSync(lock, "utf8").split(" ");
  const holder = Number(pid);
  // 0 would ask about this process' own group; an empty file is a lock whose writer died.
  if (!holder || !isAlive(holder)) return undefined;
  return startTime && findStartTime(holder) !== startTime ? undefined : holder;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/**
 * Tells a process from an earlier one of the same number: a restarted container gives out the same ones. Undefined where
 * there is no /proc, and for the dead whose parent has not asked after them yet.
 */
function findStartTime(pid: number): string | undefined {
  try {
    // proc_pid_stat(5), from the third field on: the second is the program's name, which may hold spaces and parentheses.
    const [state, ...fields] = (readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1) ?? "").split(" ");
    return state === "Z" ? undefined : fields[18];
  } catch {
    return undefined;
  }
}
