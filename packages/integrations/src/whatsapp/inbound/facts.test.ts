import type { Fact, FactOf, Handled } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { handlePurely, inboundEvent } from "../../../test/handle-event.ts";
import { whatsappHandler } from "./handler.ts";

const metadata = { phone_number_id: "111" };
const AT = new Date(1_790_000_000_000);
const timestamp = String(AT.getTime() / 1000);

function handle(kind: string, payload: unknown, takesOver = false): Handled {
  return handlePurely(whatsappHandler(takesOver), inboundEvent("whatsapp", { id: "e-1", kind, payload }));
}

/** The facts of one kind. */
function factsOf<Kind extends Fact["fact"]>(fact: Kind, { facts }: Handled): FactOf<Kind>[] {
  return facts.filter((each): each is FactOf<Kind> => each.fact === fact);
}

describe("a status", () => {
  const statusWith = (data?: unknown) => {
    const status = { id: "wamid.1", status: "delivered", timestamp, biz_opaque_callback_data: data };
    return factsOf("status", handle("status", { metadata, status }));
  };

  test("has our id of the message if the callback data contains it", () => {
    const messageId = "019ab000-0000-7000-8000-00000000000a";
    expect(statusWith(messageId)).toMatchObject([{ externalId: "wamid.1", status: "delivered", messageId }]);
  });

  test.each(["job-1", "", 7, undefined])("ignores the callback data of another sender: %o", (data) => {
    expect(statusWith(data)).toMatchObject([{ externalId: "wamid.1", messageId: undefined }]);
  });
});

test("a failed status about the number itself pauses the number, as the response to a call does", () => {
  const pausesOf = (code: number, status = "failed") => {
    const handled = handle("status", { metadata, status: { id: "wamid.1", status, timestamp, errors: [{ code }] } });
    expect(handled.result).toBe("written");
    expect(factsOf("status", handled)).toMatchObject([{ status, error: { code: String(code) } }]);
    return factsOf("scope_paused", handled);
  };
  const reason = expect.stringContaining("payment") as string;
  expect(pausesOf(131042)).toEqual([{ fact: "scope_paused", scope: "whatsapp:111", reason }]);
  expect(pausesOf(131048)).toMatchObject([{ until: new Date(AT.getTime() + 3_600_000) }]);
  for (const code of [131056, 131026, 131047, 99]) expect(pausesOf(code)).toEqual([]);
  expect(pausesOf(131042, "sent")).toEqual([]);
});

describe("a message from the WhatsApp Business app", () => {
  const message = { id: "wamid.2", type: "text", text: { body: "Yes" }, timestamp, from: "49301", to: "49151" };
  const handled = (kind: string, takesOver: boolean, more = {}) =>
    handle(kind, { metadata, message: { ...message, ...more } }, takesOver);

  test("takes the conversation over if that is configured", () => {
    expect(handled("echo", true).facts).toMatchObject([
      {
        fact: "message",
        thread: { kind: "direct" },
        activity: { at: AT, byUser: false },
        message: { direction: "outbound", status: "sent" },
        takeover: { actor: "WhatsApp Business app", reason: "a person wrote" },
      },
    ]);
  });

  test("does not take over otherwise, in a group or with a reaction, and neither does a person's message", () => {
    const reaction = { type: "reaction", reaction: { message_id: "wamid.1", emoji: "👍" } };
    for (const { facts } of [
      handled("echo", false),
      handled("echo", true, { group_id: "Y2Fw" }),
      handled("message", true),
    ])
      expect(facts).toMatchObject([{ fact: "message", takeover: undefined }]);
    expect(handled("echo", true, reaction).facts).toMatchObject([{ fact: "message_changed" }]);
  });
});

describe("the 24-hour window", () => {
  const thread = {
    owner: { provider: "whatsapp", noun: "phone number", externalId: "111" },
    channel: "whatsapp",
    accountId: "111",
    threadId: undefined,
    kind: "direct",
    person: { identities: [{ channel: "whatsapp", externalId: "49151", stable: false }], profile: { phone: "49151" } },
  };

  test("opens with a person's reaction, which opens no case, and not with our reaction", () => {
    const reaction = { id: "wamid.3", type: "reaction", reaction: { message_id: "wamid.1", emoji: "👍" }, timestamp };
    const theirs = handle("message", { metadata, message: { ...reaction, from: "49151" } });
    expect(theirs.facts).toEqual([
      { fact: "activity", thread, at: AT, opens: false },
      expect.objectContaining({ fact: "message_changed" }),
    ]);
    const ours = handle("echo", { metadata, message: { ...reaction, from: "49301", to: "49151" } });
    expect(ours.facts).toMatchObject([{ fact: "message_changed" }]);
  });

  test("opens with a person's call, and not with our call or the end of a call", () => {
    const call = {
      id: "wacid.1",
      from: "49151",
      to: "49301",
      event: "connect",
      direction: "USER_INITIATED",
      timestamp,
    };
    const factsOfCall = (more = {}) =>
      handle("change", { accountId: "1", field: "calls", value: { metadata, calls: [{ ...call, ...more }] } }).facts;
    expect(factsOfCall()).toEqual([{ fact: "activity", thread, at: AT, opens: true }]);
    expect(factsOfCall({ direction: "BUSINESS_INITIATED" })).toEqual([]);
    expect(factsOfCall({ event: "terminate" })).toEqual([]);
  });
});
