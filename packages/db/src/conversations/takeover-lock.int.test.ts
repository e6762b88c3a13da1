import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "@millrace/testing";
import { openConversations } from "../../test/conversations.ts";
import { isOutage } from "../connection/outage.ts";
import { createTakeoverLock } from "./takeover-lock.ts";

let talks: Awaited<ReturnType<typeof openConversations>>;

beforeAll(async () => {
  talks = await openConversations();
});

afterAll(() => talks.close());

test("a takeover that waits too long for an answer lets go of the conversation, and is done when it is repeated", async () => {
  const fence = createTakeoverLock(talks.database);
  const talk = await talks.meet();
  let arrive: (() => void) | undefined;
  const onItsWay = fence.pass(talk.id, 0, () => new Promise<void>((resolve) => (arrive = resolve)));
  await until("it is on its way", () => arrive !== undefined);
  const refusal: unknown = await talks.turnOver(talk, "human").catch((error: unknown) => error);
  expect(isOutage(refusal)).toBe(true);
  await talks.hear(talk, "Are you there?");
  arrive?.();
  await onItsWay;
  expect((await talks.turnOver(talk, "human")).value).toBe(true);
});
