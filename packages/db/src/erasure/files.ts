import type { messages } from "../schema/messages.ts";
import type { FileToErase } from "./scope.ts";

type MessageWithFiles = Pick<typeof messages.$inferSelect, "id" | "aiTurnId" | "media" | "payload">;

/** Returns the files received with messages or uploaded to be sent with them. Other sent files belong to the sender. */
export function filesOf(erased: readonly MessageWithFiles[]): FileToErase[] {
  const owners = new Set(erased.flatMap(({ id, aiTurnId }) => [id, aiTurnId ?? id]));
  const files = erased.flatMap(({ media, payload }) => [
    ...storedIn(media),
    ...storedIn(payload).filter(({ key }) => {
      const [, owner] = /^outgoing\/([0-9a-f-]{36})-/.exec(key) ?? [];
      return owner !== undefined && owners.has(owner);
    }),
  ]);
  return [...new Map(files.map((file) => [`${file.store}:${file.key}`, file])).values()];
}

/** Finds every `stored` field in a value: a key, or an object with the key and the store. */
function storedIn(value: unknown): FileToErase[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([field, entry]: [string, unknown]) => {
    if (field !== "stored") return storedIn(entry);
    if (typeof entry === "string") return [{ key: entry }];
    const { store, key } = (entry ?? {}) as { store?: unknown; key?: unknown };
    return typeof key === "string" ? [{ key, ...(typeof store === "string" ? { store } : {}) }] : [];
  });
}
