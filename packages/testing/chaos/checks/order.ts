import type { AcceptedSend } from "../observations.ts";
import type { CheckResult } from "./check-result.ts";
import type { Snapshot } from "./snapshot.ts";

/** 5: the messages of a stream arrive in the order in which ingest acknowledged them; a question keeps its order. */
export function order(snapshot: Snapshot): CheckResult {
  const { observations, deadLetters } = snapshot;
  // A replayed message, or one of a replayed request, is sent after those that were sent meanwhile.
  const failed = new Set(deadLetters.map(({ eventId }) => eventId.replace(/^send\./, "")));
  const streams = Map.groupBy(
    observations.sends.filter(({ eventId, messageIds }) => ![eventId, ...messageIds].some((id) => failed.has(id))),
    ({ stream }) => stream,
  );
  const violations = [...streams].flatMap(([stream, sends]) => outOfOrder(stream, sends, snapshot));
  return {
    check: "5: order per conversation",
    counts: { "acknowledged sends": observations.sends.length, streams: streams.size },
    violations: [...violations, ...shuffledQuestions(snapshot)],
  };
}

function outOfOrder(stream: string, sends: readonly AcceptedSend[], { sent }: Snapshot): string[] {
  const arrivals = sends
    .map(({ text, messageIds }) => ({
      text,
      at: sent.findIndex((message) =>
        message.channel === "telegram" ? message.text === text : messageIds.includes(message.messageId ?? ""),
      ),
    }))
    .filter(({ at }) => at >= 0);
  return arrivals.flatMap(({ text, at }, index) => {
    const before = arrivals[index - 1];
    return before && before.at > at ? [`stream ${stream}: ${text} arrived before ${before.text}`] : [];
  });
}

/** The messages of one webhook request have one time, and the AI gets them in their order. */
function shuffledQuestions({ observations, questions }: Snapshot): string[] {
  const place = new Map(
    observations.inbound.flatMap((texts, request) => texts.map((text, index) => [text, { request, index }] as const)),
  );
  return questions.flatMap(({ turnId, messages }) => {
    const places = messages.flatMap(({ text }) => place.get(text ?? "") ?? []);
    const shuffled = places.some(({ request, index }, at) => {
      const next = places[at + 1];
      return next !== undefined && next.request === request && next.index < index;
    });
    return shuffled ? [`the question of AI turn ${turnId} shuffles the messages of one request`] : [];
  });
}
