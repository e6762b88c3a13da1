import type { Outbound, OutboundContext } from "@millrace/core";
import type { Inbox, RateLimits, SendStates, SentMessages, TakeoverLock } from "@millrace/db";
import type { FollowUpQueue } from "../../follow-ups.ts";
import type { LockShare } from "./lock-share.ts";

/** Dependencies of the processor that sends the messages of one channel. */
export type OutboundDeps = {
  adapter: Outbound;
  inbox: Inbox;
  outbox: SendStates;
  sentMessages: SentMessages;
  takeoverLock: TakeoverLock;
  lockShare: LockShare;
  limits: RateLimits;
  followUps: FollowUpQueue;
  isOutage(error: unknown): boolean;
  ports: Omit<OutboundContext, "signal">;
};
