import type { Step } from "../plan/steps.ts";

/** A person of the workload. */
export type Person = {
  index: number;
  channel: "whatsapp" | "telegram";
  /** The number in digits, or the Telegram user id. */
  address: string;
  /** A person with two contacts until a message carries both: the WhatsApp user id besides the number. */
  userId?: string;
  /** Whether a step erases the person's data. */
  erasable: boolean;
};

/** The profile name of a person. */
export function nameOf(index: number): string {
  return `Customer ${index}`;
}

const PLAIN = 6;
const SPLIT = 3;
const TELEGRAM = 4;

/** The people of every run. */
export const PEOPLE: readonly Person[] = [
  ...Array.from({ length: PLAIN }, () => ({ channel: "whatsapp" as const, erasable: false })),
  ...Array.from({ length: SPLIT }, () => ({ channel: "whatsapp" as const, erasable: false, split: true })),
  ...Array.from({ length: TELEGRAM }, () => ({ channel: "telegram" as const, erasable: false })),
  { channel: "whatsapp" as const, erasable: true },
  { channel: "telegram" as const, erasable: true },
].map(({ split, ...person }: Omit<Person, "index" | "address"> & { split?: boolean }, index) => ({
  ...person,
  index,
  address: person.channel === "whatsapp" ? `49151000000${10 + index}` : `70000000${10 + index}`,
  ...(split ? { userId: `DE.900000000000000${10 + index}` } : {}),
}));

/** The person that a step is about. */
export function personOf({ subject }: Step): Person {
  const person = PEOPLE[Math.floor(subject * PEOPLE.length)];
  if (!person) throw new Error("there is no such person");
  return person;
}
