import { v7 } from "uuid";

/** The present moment; passed in so that tests decide what time it is. */
export type Now = () => Date;

/** A new id, a UUIDv7 in production: sortable by time, so that index pages stay warm. */
export type NewId = () => string;

/** A number in [0, 1), as `Math.random` gives it. */
export type Random = () => number;

/** {@link Now} by the system's clock. */
export const systemNow: Now = () => new Date();

/** {@link NewId} as UUIDv7. */
export const uuidv7: NewId = () => v7();

/** The least UUIDv7 of a moment: ids made before it sort below, ids made from then on do not. */
export function firstIdAt(at: Date): string {
  const hex = at.getTime().toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
