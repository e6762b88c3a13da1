import type { ChaosReport } from "./run.ts";

/** The most violations of one check that are printed. */
const MAX_LINES = 20;

/** Formats a report as lines: the faults, one line per check, and the violations with their ids. */
export function formatReport({ seed, backend, minutes, results, faults, crashes }: ChaosReport): string {
  const numbers = Map.groupBy(faults, ({ resource, name }) => `${resource}: ${name}`);
  const skipped = new Set(faults.flatMap(({ note, name }) => (note?.startsWith("skipped") ? [`${name} ${note}`] : [])));
  return [
    `seed ${seed}, queue on ${backend}, ${minutes} min, ${faults.length} faults`,
    ...[...numbers].map(([name, all]) => `  ${String(all.length).padStart(3)} ${name}`).toSorted(),
    ...[...skipped].map((line) => `  ${line}`),
    "",
    ...results.flatMap(({ check, counts, violations }) => [
      `${violations.length === 0 ? "ok  " : "FAIL"}  ${check}`,
      `        ${Object.entries(counts)
        .map(([name, value]) => `${name} ${value}`)
        .join(", ")}`,
      ...violations.slice(0, MAX_LINES).map((line) => `      - ${line}`),
      ...(violations.length > MAX_LINES ? [`      - and ${violations.length - MAX_LINES} more`] : []),
    ]),
    ...(crashes.length > 0 ? ["", "processes that ended by themselves:", ...crashes.map((crash) => `  ${crash}`)] : []),
    "",
  ].join("\n");
}

/** Whether a guarantee was violated. */
export function isViolated({ results }: ChaosReport): boolean {
  return results.some(({ violations }) => violations.length > 0);
}
