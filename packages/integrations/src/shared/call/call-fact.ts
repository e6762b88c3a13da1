import type { AccountReference, Call, MessageFact, NewMessage, Person, ThreadReference } from "@millrace/core";

/** A call that has ended, as a provider reports it. */
export type FinishedCall = Call & {
  /** See {@link callThread}. */
  thread: ThreadReference;
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

/**
 * The direct thread with the other person of a call. The channel has the id of its provider.
 * @param owner our number or agent, which decides the tenant
 * @param accountId the account of the channel, where it is not our number or agent
 */
export function callThread(owner: AccountReference, caller: Person, accountId = owner.externalId): ThreadReference {
  return { owner, channel: owner.provider, accountId, threadId: undefined, kind: "direct", person: caller };
}

/** The message of a call. */
export function callFact({ thread, startedAt, direction, ...call }: FinishedCall): MessageFact {
  const inbound = direction === "inbound";
  const { outcome, durationSeconds, transcript, summary } = call;
  return {
    fact: "message",
    thread,
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
