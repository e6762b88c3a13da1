import { readdirSync, readFileSync } from "node:fs";

/** CPU time in ms by program. The processes of Postgres count as one program. */
export type CpuTimes = Readonly<Record<string, number>>;

/** Linux counts CPU time in ticks of 10 ms for programs (https://man7.org/linux/man-pages/man7/time.7.html, USER_HZ). */
const TICK_MS = 10;

type Process = { pid: string; parent: string; program: string; ms: number };

/** Reads the CPU time since their start of all processes that this one started, from /proc; empty where there is none. */
export function readCpuTimes(): CpuTimes {
  const processes = readProcesses();
  const own = new Set([String(process.pid)]);
  // A process can be listed before its parent.
  for (let size = 0; size < own.size;) {
    size = own.size;
    for (const { pid, parent } of processes) if (own.has(parent)) own.add(pid);
  }
  const times: Record<string, number> = {};
  for (const { pid, program, ms } of processes)
    if (own.has(pid) && pid !== String(process.pid)) times[program] = (times[program] ?? 0) + ms;
  return times;
}

/** Returns the difference per unit of work, by program. */
export function cpuPerUnit(before: CpuTimes, after: CpuTimes, units: number): CpuTimes {
  return Object.fromEntries(
    Object.entries(after).map(([program, ms]) => [program, (ms - (before[program] ?? 0)) / units]),
  );
}

function readProcesses(): Process[] {
  let pids: string[];
  try {
    pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
  return pids.flatMap((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const [, parent = "", ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      // utime, stime, cutime and cstime: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
      const ticks = fields.slice(9, 13).map(Number);
      const ms = ticks.reduce((one, other) => one + other, 0) * TICK_MS;
      return [{ pid, parent, program: programOf(readFileSync(`/proc/${pid}/cmdline`, "utf8")), ms }];
    } catch {
      // The process has ended meanwhile.
      return [];
    }
  });
}

function programOf(commandLine: string): string {
  const app = /(?:apps|packages)\/(\w+)\/src\/main\.ts/.exec(commandLine)?.[1];
  return app ?? ["postgres", "redis"].find((store) => commandLine.includes(store)) ?? "other";
}
