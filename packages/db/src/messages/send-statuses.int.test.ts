import fc from "fast-check";
import { expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { beginAttempt } from "../../test/begin-attempt.ts";
import { useOutboundMessages } from "../../test/outbound-messages.ts";

const { harness, outbox, read, sent, report, fail } = useOutboundMessages();

test("6, 12: the response and the statuses with our id give the same result in every order, duplicated or alone", async () => {
  const ranks = ["sending", "sent", "delivered", "read"] as const;
  const step = fc.constantFrom("answer" as const, "sent" as const, "delivered" as const, "read" as const);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 5 }), async (steps) => {
      const conversation = await harness.open();
      const [id = "", next = ""] = await harness.send(conversation, "one", "two");
      await beginAttempt(outbox, id, harness.clock.at);
      const externalId = uuidv7();
      const promotions: boolean[] = [];
      for (const each of steps) {
        if (each === "answer") await sent(id, externalId);
        else
          promotions.push(
            (await report(conversation, each, externalId, id)).followUps.some(({ promote }) => promote === true),
          );
      }
      const furthest = Math.max(0, ...steps.map((each) => ranks.indexOf(each === "answer" ? "sent" : each)));
      const known = steps.length > 0;
      expect(await read(id)).toMatchObject({
        status: ranks[furthest],
        externalId: known ? externalId : null,
        attemptedAt: known ? null : harness.clock.at,
      });
      // Only the first status of a message without a response promotes its job.
      expect(promotions).toEqual(promotions.map((_, index) => index === 0 && steps[0] !== "answer"));
      expect((await outbox.find(next))?.ahead).toBe(known ? 0 : 1);
    }),
    { numRuns: 25 },
  );
});

test("12: a message keeps the platform id that was reported first, and its furthest status", async () => {
  const conversation = await harness.open();
  const [id = ""] = await harness.send(conversation, "one");
  const first = uuidv7();
  await report(conversation, "read", first, id);
  await sent(id, uuidv7());
  await report(conversation, "sent", uuidv7(), id);
  expect(await read(id)).toMatchObject({ externalId: first, status: "read" });
});

test("6: statuses without our id that arrive before the response are applied with it", async () => {
  const conversation = await harness.open();
  const [id = ""] = await harness.send(conversation, "one");
  const externalId = uuidv7();
  expect((await report(conversation, "delivered", externalId)).followUps).toEqual([]);
  expect((await read(id))?.status).toBe("queued");
  await sent(id, externalId);
  expect((await read(id))?.status).toBe("delivered");
});

test("our id in a status of another account, or of an inbound message, is ignored", async () => {
  const [conversation, other] = [await harness.open(), await harness.open()];
  const [id = ""] = await harness.send(conversation, "one");
  expect((await report(other, "sent", uuidv7(), id)).followUps).toEqual([]);
  expect(await read(id)).toMatchObject({ status: "queued", externalId: null });
  expect((await report(conversation, "sent", uuidv7(), uuidv7())).followUps).toEqual([]);
});

test("6: a failed message stays failed after any later status", async () => {
  const conversation = await harness.open();
  const [id = ""] = await harness.send(conversation, "one");
  const externalId = uuidv7();
  await report(conversation, "failed", externalId, id);
  expect(await read(id)).toMatchObject({ status: "failed", externalId });
  expect((await outbox.find(id))?.isTerminal).toBe(true);
  await report(conversation, "read", externalId, id);
  await sent(id, externalId);
  expect((await read(id))?.status).toBe("failed");
});

test("a dead letter fails its message once with the reason, and later statuses count", async () => {
  const conversation = await harness.open();
  const [id = "", suppressed = "", taken = ""] = await harness.send(conversation, "one", "two", "three");
  await beginAttempt(outbox, id, harness.clock.at);
  const failedAt = new Date();
  expect(await fail(id, failedAt)).toBe(true);
  expect(await fail(id, failedAt)).toBe(false);
  expect(await read(id)).toMatchObject({ status: "failed", error: "no such template" });
  const externalId = uuidv7();
  await report(conversation, "delivered", externalId, id);
  expect(await read(id)).toMatchObject({ status: "delivered", externalId, error: null });
  // A failure that is recorded twice must not fail a message that was sent in between.
  await fail(id, failedAt);
  await harness.write((stores) => stores.outbox.suppress(suppressed, "a person took over"));
  await sent(taken);
  for (const each of [suppressed, taken]) await fail(each);
  for (const [each, status] of [
    [id, "delivered"],
    [suppressed, "suppressed"],
    [taken, "sent"],
  ] as const)
    expect((await read(each))?.status).toBe(status);
});

test("a message that is being sent or is sent cannot be suppressed", async () => {
  const conversation = await harness.open();
  const [id = ""] = await harness.send(conversation, "one");
  await sent(id);
  await harness.write((stores) => stores.outbox.suppress(id, "a person took over"));
  expect((await read(id))?.status).toBe("sent");
});
