import type { Channel } from "./thread.ts";

/** A file as the platform announces it. A job of its own fetches the bytes. */
export type Media = {
  /** The platform's id for fetching the file. */
  id: string;
  mimeType?: string | undefined;
  /** SHA-256 as the platform reports it, in base64 or hex. */
  sha256?: string | undefined;
  filename?: string | undefined;
  sizeBytes?: number | undefined;
  /** A variant of the type: a voice note, an animated sticker. */
  flavour?: string | undefined;
};

/** A call that has ended. Its recording is the message's media, and the message's time is the call's beginning. */
export type Call = {
  /** How it ended, in the provider's word: completed, no-answer, busy, voicemail, … */
  outcome: string;
  /** From the answer to the end; undefined when the provider reports none. */
  durationSeconds: number | undefined;
  transcript: string | undefined;
  summary: string | undefined;
};

/** A message in either direction. */
export type NewMessage = {
  conversationId: string;
  tenantId: string;
  channel: Channel;
  accountId: string;
  /** The platform's id, unique per channel and account. */
  externalId: string;
  direction: "inbound" | "outbound";
  contactId?: string | undefined;
  /** text, image, location, call, …; `unsupported` for a type that Millrace does not know. */
  type: string;
  body?: string | undefined;
  media?: Media | undefined;
  /** Present when the type is `call`. */
  call?: Call | undefined;
  /** External id of the message that this one replies to. */
  replyTo?: string | undefined;
  sentAt: Date;
  /** The platform's own object, complete. */
  payload: unknown;
  status: MessageStatus | "received";
};

/** Statuses of an outbound message in the order they occur; `failed` and `suppressed` are terminal. */
export const MESSAGE_STATUSES = [
  "queued",
  "sending",
  "sent",
  "delivered",
  "read",
  "played",
  "suppressed",
  "failed",
] as const;
/** See {@link MESSAGE_STATUSES}. */
export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

/** Identifies a message at its platform. */
export type MessageKey = { channel: Channel; accountId: string; externalId: string };

/** A later change of a message. It may arrive before the message itself. */
export type MessageChange =
  | { kind: "edit"; body: string | undefined; payload: unknown }
  | { kind: "revoke" }
  /** A file that the platform reports apart from its message, e.g. the recording of a call. The message's first file stays. */
  | { kind: "media"; media: Media }
  /** A transcript that the platform reports apart from its call. Those of several recordings follow each other. */
  | { kind: "transcript"; transcript: string }
  /** An undefined emoji removes the reaction. */
  | { kind: "reaction"; actor: string; emoji: string | undefined };

/** A status of an outbound message as the platform reports it. In a group, `participant` reported the status. */
export type MessageStatusReport = MessageKey & {
  status: MessageStatus;
  at: Date;
  participant?: string | undefined;
  error?: { code: string; title?: string | undefined } | undefined;
  payload: unknown;
  /** Our own id, if the platform returns it: it finds the message before the external id is known. */
  messageId?: string | undefined;
};
