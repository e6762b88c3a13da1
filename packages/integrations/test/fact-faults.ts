import type { Fact } from "@millrace/core";

/**
 * What makes facts invalid although their type is right. Postgres cannot store U+0000. A phone identity with a `+` or a
 * space would be another person than the same number in digits, so one person would have two contacts.
 */
export function factFaults(facts: readonly Fact[]): string[] {
  return faultsIn(facts);
}

function faultsIn(value: unknown): string[] {
  if (typeof value === "string") return value.includes("\u0000") ? ["a fact contains U+0000"] : [];
  if (typeof value !== "object" || value === null) return [];
  const { channel, externalId } = value as { channel?: unknown; externalId?: unknown };
  const isInvalidPhone = channel === "phone" && !/^\d{5,15}$/.test(String(externalId));
  return [
    ...(isInvalidPhone ? ["a phone identity is not 5 to 15 digits"] : []),
    ...Object.entries(value).flatMap(([name, entry]) => [...faultsIn(name), ...faultsIn(entry)]),
  ];
}
