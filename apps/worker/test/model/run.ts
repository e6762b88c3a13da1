import { randomInt } from "node:crypto";
import { QueueUnavailableError } from "@millrace/queue";
import { until } from "@millrace/testing";
import type { ModelHarness } from "./model-harness.ts";

/** The channels of a run's conversations. */
export const CHANNELS = ["whatsapp", "whatsapp", "telegram", "whatsapp"] as const;

/** A conversation of a run. */
export type Chat = { channel: "whatsapp" | "telegram"; address: string; conversationId: string };

/** The faults of the next message on each channel. */
export type Faults = Readonly<Record<Chat["channel"], readonly string[]>>;

/** An accepted request of a person to send a message. */
type SendRequest = { chat: Chat; text: string; key: string | undefined; messageId: string; eventId: string };

/** A run with its reference model: the steps in some conversations, and what was accepted. */
export type Run = Awaited<ReturnType<typeof startRun>>;

/** Opens the conversations of a run. Each begins with an inbound message. */
export async function startRun(harness: ModelHarness) {
  const name = randomInt(1e5, 1e6);
  const places = CHANNELS.map((channel, index): Omit<Chat, "conversationId"> => {
    const number = `${name}${index}`;
    return { channel, address: channel === "telegram" ? `7${number}` : `1555${number}` };
  });
  const requests: SendRequest[] = [];
  /** Texts that were refused because their Idempotency-Key was used before. */
  const refused: string[] = [];
  /** Texts of requests that got a 503: they may be accepted or not. */
  const uncertain: string[] = [];
  /** The texts of each answer to an AI turn. */
  const answers = new Map<string, string[][]>();
  let texts = 0;
  const newText = () => `${name}-${texts++}`;
  let workerLost = false;

  await harness.ready();
  const since = { events: harness.accepted.length, restarts: harness.restarts.length };
  for (const place of places) await receiveText(place);
  const chats = await until("the conversations are there", async () => {
    const rows = await harness.rows.rows<{ id: string; thread_id: string; address: string }>(
      `select c.id, i.external_id as address from conversations c
       join contact_identities i on i.contact_id = c.contact_id and i.channel = c.channel
       where i.external_id in (${places.map(({ address }) => `'${address}'`).join()})`,
    );
    const found = places.flatMap((place): Chat[] => {
      const row = rows.find(({ address }) => address === place.address);
      return row ? [{ ...place, conversationId: row.id }] : [];
    });
    return found.length === places.length && found;
  });
  const chatAt = (index: number): Chat => {
    const chat = chats[index];
    if (!chat) throw new Error(`no conversation ${index}`);
    return chat;
  };

  /** Repeats a request with a new text until it is accepted. A request that got a 503 may have taken effect or not. */
  async function retryUntilAccepted<T>(work: (text: string) => Promise<T>): Promise<T> {
    for (;;) {
      const text = newText();
      try {
        return await work(text);
      } catch (error) {
        if (!(error instanceof QueueUnavailableError)) throw error;
        uncertain.push(text);
      }
    }
  }

  async function receiveText({ channel, address }: Omit<Chat, "conversationId">): Promise<void> {
    await retryUntilAccepted((text) =>
      channel === "whatsapp" ? harness.receiveWhatsapp(address, text) : harness.receiveTelegram(Number(address), text),
    );
  }

  async function request(chat: Chat, text: string, key: string | undefined) {
    const { channel, conversationId } = chat;
    const body = { to: { conversationId }, message: { type: "text", text } };
    const response = await harness.call(`/api/integrations/${channel}/send`, body, key);
    const { messageIds, eventId } = response as { messageIds: [string]; eventId: string };
    return { chat, text, key, messageId: messageIds[0], eventId };
  }

  /** The AI turns that were dispatched for the run's conversations, the latest first. */
  async function dispatchedTurns(): Promise<{ turnId: string; chat: Chat }[]> {
    const turns = new Map<string, Chat>();
    for (const { turnId, conversation } of (await harness.questions()).toReversed()) {
      const chat = chats.find(({ conversationId }) => conversationId === conversation.id);
      if (chat) turns.set(turnId, chat);
    }
    return [...turns].map(([turnId, chat]) => ({ turnId, chat }));
  }

  /** Injects faults into the next sends of a conversation. */
  async function injectFaults({ channel: api, address }: Chat, faults: Faults): Promise<void> {
    const match = api === "whatsapp" ? { api, to: `+${address}` } : { api, chatId: address };
    for (const fault of faults[api]) await harness.injectFault({ match, fault, times: 1 });
  }

  async function answerTo(turnId: string, count: number): Promise<void> {
    const newTexts = Array.from({ length: count }, newText);
    answers.set(turnId, [...(answers.get(turnId) ?? []), newTexts]);
    const body = { turnId, messages: newTexts.map((text) => ({ type: "text", text })) };
    await retryUntilAccepted(() => harness.call("/api/integrations/n8n/ai-response", body));
  }

  return {
    harness,
    chats,
    since,
    requests: requests as readonly SendRequest[],
    refused: refused as readonly string[],
    unsure: uncertain as readonly string[],
    answers: answers as ReadonlyMap<string, readonly string[][]>,
    /** Whether a worker was lost already: a job that loses a second worker becomes a dead letter. */
    get disturbed() {
      return workerLost;
    },
    /** The contact writes. */
    receiveText: (index: number) => receiveText(chatAt(index)),
    /** A person on our side writes. */
    async send(index: number, count: number, faults: Faults): Promise<void> {
      await injectFaults(chatAt(index), faults);
      for (let nth = 0; nth < count; nth++)
        requests.push(await retryUntilAccepted((text) => request(chatAt(index), text, undefined)));
    },
    async sendUnderKey(index: number): Promise<void> {
      requests.push(await retryUntilAccepted((text) => request(chatAt(index), text, `key-of-${text}`)));
    },
    /** Repeats a request with its Idempotency-Key, unchanged or with another text. */
    async repeat(which: number, other: boolean): Promise<void> {
      const keyed = requests.filter(({ key }) => key !== undefined);
      const first = keyed[which % keyed.length];
      if (!first) return;
      const again = await retryUntilAccepted((newText) => {
        if (other) refused.push(newText);
        return request(first.chat, other ? newText : first.text, first.key);
      });
      if (again.messageId !== first.messageId) throw new Error("a repeated key names another message");
    },
    /** The AI answers a turn: the latest, an older one, or one that it answered before. */
    async answer(which: number, count: number, faults: Faults): Promise<void> {
      const turns = await dispatchedTurns();
      const turn = turns[which % turns.length];
      if (!turn) return;
      await injectFaults(turn.chat, faults);
      await answerTo(turn.turnId, count);
    },
    async takeOver(index: number, mode: string): Promise<void> {
      const { conversationId } = chatAt(index);
      await retryUntilAccepted(() =>
        harness.call("/api/integrations/n8n/human-takeover", { conversationId, mode, actor: "Bea" }),
      );
    },
    async failDispatch(index: number, fault: string): Promise<void> {
      const { conversationId } = chatAt(index);
      await harness.injectFault({ match: { api: "n8n", conversationId }, fault, times: 1 });
    },
    async loseWorker(how: "crash" | "freeze"): Promise<void> {
      workerLost = true;
      await harness[how]();
    },
    /** Ends the run: removes all faults, answers the remaining AI turns and waits until every job is done. */
    async end(): Promise<void> {
      await harness.endFaults();
      await harness.waitUntilIdle(async () => {
        for (const { turnId } of await dispatchedTurns()) if (!answers.has(turnId)) await answerTo(turnId, 1);
      });
    },
  };
}
