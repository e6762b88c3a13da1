/** The result of a check: counts for the table, and one line per violation with its ids. */
export type CheckResult = { check: string; counts: Readonly<Record<string, number>>; violations: readonly string[] };
