import type { SentMessage } from "@millrace/sandbox";
import { PEOPLE } from "../workload/people.ts";
import { PHONE_NUMBER_ID } from "../workload/webhooks.ts";
import type { CheckResult } from "./check-result.ts";
import type { MessageRow, Snapshot } from "./snapshot.ts";

/** How long an uncertain WhatsApp message waits for its status, in ms. */
const STATUS_WAIT_MS = 60_000;

const ACCEPTED = ["sent", "delivered", "read", "played"];

/** 3, 12, 13: no provider effect is doubled, and none is recorded that did not happen. */
export function effects(snapshot: Snapshot): CheckResult {
  const { messages, sent, conversions } = snapshot;
  const whatsapp = sent.filter(({ channel }) => channel === "whatsapp");
  const byId = Map.groupBy(whatsapp, ({ messageId }) => messageId ?? "");
  const repeated = [...byId].filter(([, sends]) => sends.length > 1);
  const lost = repeated.filter(([, [first]]) => lostStatuses(first, snapshot));
  const late = repeated.filter((entry) => !lost.includes(entry) && hadLateStatuses(entry[1], snapshot));
  const doubled = repeated.filter((entry) => !lost.includes(entry) && !late.includes(entry));
  const phantoms = messages.filter((row) => ACCEPTED.includes(row.status) && !wasReceived(row, sent));
  const uncertain = doubledOnTelegram(snapshot);
  const counted = conversions.filter(({ reason }) => reason === undefined);
  const sales = new Set(counted.map(({ transactionId }) => transactionId));
  return {
    check: "3, 12, 13: provider effects",
    counts: {
      "WhatsApp messages": byId.size,
      "Telegram messages": sent.length - whatsapp.length,
      "doubles after lost statuses": lost.length,
      "doubles after late statuses": late.length,
      "uncertain doubles on Telegram": uncertain.length,
      conversions: sales.size,
    },
    violations: [
      ...doubled.map(
        ([id, sends]) =>
          `message ${id} was sent at ${sends.map(({ at, fault }) => `${at} (${fault ?? "answered"})`).join(", ")}`,
      ),
      ...phantoms.map(({ id, channel, status }) => `${channel} message ${id} is ${status} and was never received`),
      ...answeredTwice(snapshot),
      ...(counted.length > sales.size ? [`${counted.length - sales.size} conversions count twice`] : []),
    ],
  };
}

/**
 * Whether ingest got no status of the first send before the last one. A platform repeats a webhook that ingest did not
 * acknowledge later and later, and a message does not wait for it for more than a minute.
 */
function hadLateStatuses(sends: readonly SentMessage[], { observations }: Snapshot): boolean {
  const prefix = statusesOf(sends[0]);
  const statuses = observations.acknowledged.filter(({ eventId }) => eventId.startsWith(prefix));
  const [first, last] = [sends[0], sends.at(-1)].map((send) => Date.parse(send?.at ?? ""));
  if (first === undefined || last === undefined || last - first < STATUS_WAIT_MS) return false;
  return statuses.length > 0 && statuses.every(({ at }) => at > last);
}

/** The beginning of the ids of a message's statuses. */
function statusesOf(message: SentMessage | undefined): string {
  return `status.${PHONE_NUMBER_ID}.${message?.externalId}.`;
}

/**
 * Whether the store lost every status of a message. If the worker was lost as well before it recorded the send, nothing
 * on this side shows that WhatsApp has the message.
 */
function lostStatuses(first: SentMessage | undefined, { observations, events }: Snapshot): boolean {
  const at = Date.parse(first?.at ?? "");
  if (!observations.faults.some(({ losesQueueData, to }) => losesQueueData && to > at)) return false;
  const known = [...events.keys()].filter((key) => key.startsWith(`whatsapp ${statusesOf(first)}`));
  return known.length === 0;
}

function wasReceived({ id, channel, externalId }: MessageRow, sent: readonly SentMessage[]): boolean {
  // An erasure replaces the platform's id, by which a message on Telegram is recognized.
  if (channel === "telegram" && externalId?.startsWith("erased/")) return true;
  return sent.some((message) =>
    channel === "telegram" ? `${message.to}/${message.externalId}` === externalId : message.messageId === id,
  );
}

/** Whether an erasure removed the platform's ids of the conversation, by which its messages are recognized. */
function isOfErased({ to }: SentMessage, { erasures }: Snapshot["observations"]): boolean {
  return erasures.some(({ person }) => PEOPLE[person]?.address === to);
}

/** Texts that a Telegram chat got more often than there are rows. Telegram offers no way to find out about a send. */
function doubledOnTelegram({ messages, sent, observations }: Snapshot): string[] {
  const telegram = sent.filter((message) => message.channel === "telegram" && !isOfErased(message, observations));
  const received = Map.groupBy(telegram, ({ to, text }) => `${to} ${text}`);
  const accepted = new Set(
    messages.filter(({ channel }) => channel === "telegram").map(({ externalId }) => externalId),
  );
  return [...received]
    .filter(([, sends]) => sends.filter(({ to, externalId }) => !accepted.has(`${to}/${externalId}`)).length > 0)
    .map(([text]) => text);
}

/** 3: the AI answers each question once. Its answers quote the questions. */
function answeredTwice({ messages, sent }: Snapshot): string[] {
  const answers = messages.filter(({ author, status }) => author === "ai" && ACCEPTED.includes(status));
  const texts = new Map(
    sent.map(({ channel, to, externalId, messageId, text }) => [
      channel === "telegram" ? `${to}/${externalId}` : (messageId ?? ""),
      text,
    ]),
  );
  const quoted = answers.flatMap((row) => {
    const text = texts.get(row.channel === "telegram" ? (row.externalId ?? "") : row.id) ?? "";
    return [...text.matchAll(/<\w+>/g)].map(([question]) => ({ question, id: row.id }));
  });
  return [...Map.groupBy(quoted, ({ question }) => question)]
    .filter(([, by]) => new Set(by.map(({ id }) => id)).size > 1)
    .map(([question, by]) => `question ${question} is answered by ${by.map(({ id }) => id).join(", ")}`);
}
