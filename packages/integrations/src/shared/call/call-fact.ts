import type { AccountReference, Call, MessageFact, NewMessage, Person } from "@millrace/core";

/** A call that has ended, as a provider reports it. */
export type FinishedCall = Call & {
  /** Our number or agent. The channel has the id of its provider. */
  account: AccountReference;
  caller: Person;
  /** The provider's id, the same in every report of the call. */
  id: string;
  direction: "inbound" | "outbound";
  /** Whether a person or a machine accepted an outbound call. */
  answered: boolean;
  startedAt: Date;
  /** The recording, if there is one. */
  recording: NewMessage["media"];
  /** The provider's object, complete. */
  payload: unknown;
};

/** One line of a conversation on the phone. */
export type TranscriptLine = { speaker: "Agent" | "Caller"; text: string };

/** The text of a transcript, one line per utterance; undefined without one. */
export function transcriptText(lines: readonly TranscriptLine[]): string | undefined {
  const spoken = lines.map(({ speaker, text }) => ({ speaker, text: text.trim() })).filter(({ text }) => text !== "");
  return spoken.length === 0 ? undefined : spoken.map(({ speaker, text }) => `${speaker}: ${text}`).join("\n");
}

/** The message of a call in the direct thread with the caller. */
export function callFact({ account, caller, startedAt, direction, ...call }: FinishedCall): MessageFact {
  const inbound = direction === "inbound";
  const { outcome, durationSeconds, transcript, summary } = call;
  return {
    fact: "message",
    thread: {
      owner: account,
      channel: account.provider,
      accountId: account.externalId,
      threadId: undefined,
      kind: "direct",
      person: caller,
    },
    activity: { at: startedAt, byUser: inbound },
    message: {
      externalId: call.id,
      direction,
      type: "call",
      body: summary ?? transcript,
      media: call.recording,
      call: { outcome, durationSeconds, transcript, summary },
      sentAt: startedAt,
      payload: call.payload,
      status: statusOf(inbound, call.answered),
      ofContact: true,
    },
  };
}

function statusOf(inbound: boolean, answered: boolean): NewMessage["status"] {
  if (inbound) return "received";
  return answered ? "delivered" : "failed";
}
