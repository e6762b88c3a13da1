import type { AccountReference } from "./accounts.ts";
import type { Identity, Person } from "./contacts.ts";
import type { Activity, ModeChange } from "./conversations.ts";
import type { Conversion, HeldReason, Sale } from "./conversions.ts";
import type { NewLead } from "./leads.ts";
import type { MessageChange, MessageKey, MessageStatusReport, NewMessage } from "./messages.ts";
import type { MessagePart, SentMessage } from "./outbox.ts";
import type { ScopePause } from "./pauses.ts";
import type { Channel, ThreadReference } from "./thread.ts";

/**
 * What happened, as plain data. A handler turns an event into facts, and packages/db applies them in the transaction that
 * decides whether the event is new. A fact names accounts, people and threads as the provider does; applying it finds
 * their rows or creates them.
 */
export type Fact =
  | MessageFact
  | ActivityFact
  | StatusFact
  | MessageChangedFact
  | MessageSentFact
  | MessageSuppressedFact
  | ThreadMovedFact
  | ReachabilityFact
  | IdentitiesJoinedFact
  | MarketingFact
  | LeadFact
  | WonFact
  | ConversionFact
  | SendRequestedFact
  | AnswerFact
  | ModeFact
  | ScopePausedFact;

/** The fact with the given `fact`. */
export type FactOf<Kind extends Fact["fact"]> = Extract<Fact, { fact: Kind }>;

/**
 * A message in a thread, from the contact or from our side outside of Millrace. It opens the conversation where there is
 * none. An inbound message asks the AI if an integration can send on the channel, and its media is fetched. The recording of
 * a call is fetched in both directions.
 */
export type MessageFact = {
  fact: "message";
  thread: ThreadReference;
  activity: Activity;
  /** `ofContact`: whether the message's row names the person of the thread. */
  message: Omit<NewMessage, "conversationId" | "tenantId" | "channel" | "accountId" | "contactId"> & {
    ofContact: boolean;
  };
  /** Present when a person of ours wrote the message and so takes the conversation over. */
  takeover?: { actor: string; reason: string } | undefined;
  /** The chat action with which the message must be answered at once, e.g. a pressed button. `id` is unique. */
  action?: { id: string; action: unknown } | undefined;
};

/**
 * An activity of the contact that is no message, such as a reaction or a call that begins. With `opens` it opens the
 * conversation, else it changes an existing one only.
 */
export type ActivityFact = { fact: "activity"; thread: ThreadReference; at: Date; opens: boolean };

/** A status of an outbound message, whether or not its row exists yet. */
export type StatusFact = { fact: "status"; owner: AccountReference } & MessageStatusReport;

/** An edit, a revocation, a reaction, a file or a transcript. `owner` is present when an account without a tenant must not change messages. */
export type MessageChangedFact = {
  fact: "message_changed";
  owner?: AccountReference;
  target: MessageKey;
  change: MessageChange;
  changeId: string;
  at: Date;
};

/** The platform accepted a message of ours. */
export type MessageSentFact = { fact: "message_sent"; messageId: string; sent: SentMessage; at: Date };

/** An AI answer must not be sent, because a takeover committed before its send. */
export type MessageSuppressedFact = { fact: "message_suppressed"; messageId: string; reason: string };

/** A thread has a new id: a Telegram group becomes a supergroup. */
export type ThreadMovedFact = { fact: "thread_moved"; channel: Channel; accountId: string; from: string; to: string };

/** Whether messages can reach the contact, who blocked or unblocked us. */
export type ReachabilityFact = {
  fact: "reachability";
  channel: Channel;
  accountId: string;
  threadId: string;
  reachable: boolean;
  at: Date;
};

/** The person of `previous` is now the person of `current`. */
export type IdentitiesJoinedFact = {
  fact: "identities_joined";
  owner: AccountReference;
  previous: readonly Identity[];
  current: Person;
};

/** A person's choice about marketing messages. */
export type MarketingFact = { fact: "marketing"; owner: AccountReference; person: Person; allowed: boolean; at: Date };

/** A person submitted a lead. */
export type LeadFact = {
  fact: "lead";
  owner: AccountReference;
  person: Person;
  lead: Omit<NewLead, "tenantId" | "contactId">;
};

/** A lead or a conversation became a sale. */
export type WonFact = { fact: "won"; subject: "lead" | "conversation"; subjectId: string; sale: Sale };

/** A conversion to upload, for the tenant with that name or for the tenant that owns the account. */
export type ConversionFact = {
  fact: "conversion";
  /** Id of the integration that uploads it. */
  integration: string;
  tenant: { name: string } | { owner: AccountReference } | { id: string };
  /** Without a click, the conversion has the click of the row that was won. */
  conversion: Omit<Conversion, "click"> & { click?: Conversion["click"] | undefined };
  /** Absent when the conversion can be uploaded. */
  held?: HeldReason | undefined;
  /** The lead or the conversation that was won. */
  won?: { subject: WonFact["subject"]; subjectId: string } | undefined;
  /** The event that reported the sale, when it is not the event of the fact. `millrace trace` finds the conversion by it. */
  reportedBy?: string | undefined;
};

/** A caller of the API requests messages, or one chat action. */
export type SendRequestedFact = {
  fact: "send_requested";
  /** An existing conversation on the channel, or a thread to open. `accountId` is the account that the caller named. */
  to: { conversationId: string; channel: Channel; accountId: string | undefined } | ThreadReference;
  at: Date;
  request:
    | {
        messages: readonly (MessagePart & { id: string })[];
        /** After this time the messages must not be sent. */
        expiresAt?: Date | undefined;
      }
    | { id: string; action: unknown };
  /** Present when the request takes the conversation over from the AI. */
  takeover?: { actor: string; reason: string } | undefined;
};

/** The AI answered a turn. The messages have the format of the conversation's channel. */
export type AnswerFact = {
  fact: "answer";
  turnId: string;
  /** The conversation that the answer names, which must be the turn's. */
  conversationId: string | undefined;
  messages: readonly unknown[];
  /** Id of the answer's event; the answer's actions derive theirs from it. */
  answerId: string;
  at: Date;
};

/** A takeover or a hand-back of a conversation. */
export type ModeFact = { fact: "mode"; change: ModeChange };

/** A scope of an account must pause. */
export type ScopePausedFact = { fact: "scope_paused" } & ScopePause;

/** The result of an event. `detail` holds no personal data. */
export type Outcome =
  /** The event's rows are written. */
  | { result: "written"; detail?: string | undefined }
  /** No row of its own holds the event, although it may have changed others. The inbox keeps its payload. */
  | { result: "unhandled"; detail?: string | undefined }
  /** The event has no effect by design, e.g. a dashboard's test button. */
  | { result: "ignored"; detail: string };

/** What an event means: its facts in the order to apply them, and its result unless applying a fact decides it. */
export type Handled = Outcome & { facts: readonly Fact[] };

/** Handles an event as facts that are written. */
export function written(...facts: readonly Fact[]): Handled {
  return { result: "written", facts };
}
