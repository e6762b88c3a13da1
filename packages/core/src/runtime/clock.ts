import { v7 } from "uuid";

/** Returns the current time. It is passed in so that tests control the time. */
export type Now = () => Date;

/** Returns a new id: a UUIDv7, which sorts by time, so that inserts touch few index pages. */
export type NewId = () => string;

/** Returns a number in [0, 1), like `Math.random`. */
export type Random = () => number;

/** {@link Now} by the system clock. */
export const systemNow: Now = () => new Date();

/** {@link NewId} as UUIDv7. */
export const uuidv7: NewId = () => v7();

/** Returns the lowest UUIDv7 of a time: ids generated earlier sort below it, later ones do not. */
export function firstIdAt(at: Date): string {
  const hex = at.getTime().toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
