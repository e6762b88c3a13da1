import { eq } from "drizzle-orm";
import { afterAll, expect, test } from "vitest";
import { until } from "@millrace/testing";
import { countBlocked, type TestConversation, useConversations } from "../../test/conversations.ts";
import { openDatabase } from "../connection/database.ts";
import { conversations } from "../schema/index.ts";
import { createTakeoverLock } from "./takeover-lock.ts";

const harness = useConversations();
const lockDatabase = openDatabase(harness.databaseUrl, { maxConnections: 4, name: "test-takeover-lock" });
const lock = createTakeoverLock(lockDatabase);
afterAll(() => lockDatabase.close());

/** Opens two conversations of one account, of which a person answers one. */
async function openTwo(taken: "old" | "other") {
  const [old, opened] = [await harness.open("telegram"), await harness.open("telegram")];
  const { accountId } = old.thread;
  const other: TestConversation = { ...opened, thread: { ...opened.thread, accountId } };
  await harness.database.orm.update(conversations).set({ accountId }).where(eq(conversations.id, other.id));
  await harness.changeMode(taken === "old" ? old : other, "human");
  return { old, other };
}

/** Merges the old conversation into the other one. */
const merge = (old: TestConversation, other: TestConversation) =>
  harness.write((stores) =>
    stores.conversations.migrate("telegram", old.thread.accountId, old.thread.threadId, other.thread.threadId),
  );

async function read({ id }: TestConversation) {
  const [row] = await harness.database.orm.select().from(conversations).where(eq(conversations.id, id));
  return { mode: row?.mode, epoch: row?.epoch };
}

test.each(["old", "other"] as const)(
  "7: a merge keeps mode human of the %s conversation, and no answer requested before it is sent",
  async (taken) => {
    const { old, other } = await openTwo(taken);
    await merge(old, other);
    expect(await read(other)).toEqual({ mode: "human", epoch: 2 });
    for (const epoch of [0, 1]) expect(await lock.runInEpoch(other.id, epoch, async () => "sent")).toBeUndefined();
    await expect(lock.runInEpoch(old.id, 0, async () => "sent")).rejects.toMatchObject({ next: { kind: "retryable" } });
  },
);

test.each(["old", "other"] as const)(
  "7: a merge waits for the answers that are being sent, when the %s conversation is in mode human",
  async (taken) => {
    const { old, other } = await openTwo(taken);
    const { promise: answered, resolve } = Promise.withResolvers<string>();
    let isSending = false;
    const sending = lock.runInEpoch(taken === "old" ? other.id : old.id, 0, () => {
      isSending = true;
      return answered;
    });
    await until("the answer is being sent", () => isSending);
    let isMerged = false;
    const merging = merge(old, other).then(() => (isMerged = true));
    await until("the merge waits or ends", async () => isMerged || (await countBlocked(harness.database)) === 1);
    expect(isMerged).toBe(false);
    resolve("sent");
    expect(await sending).toBe("sent");
    await merging;
    expect(await read(other)).toEqual({ mode: "human", epoch: 2 });
  },
);
