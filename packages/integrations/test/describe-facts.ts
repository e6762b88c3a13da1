import {
  type ConversionFact,
  describeError,
  type EventHandler,
  type Fact,
  type Handled,
  type InboundEvent,
  type MessageChange,
  type MessageFact,
  type Person,
  type SendRequestedFact,
  type ThreadReference,
} from "@millrace/core";
import { handlePurely } from "./handle-event.ts";

/**
 * Describes the result of an event for a table: one line for the outcome unless it is `written` without a detail, and one
 * line per fact with its essential fields. A failed event has one line with the reason.
 */
export function factLines<Fetched>(handler: EventHandler<Fetched>, event: InboundEvent, fetched?: Fetched): string[] {
  let handled: Handled;
  try {
    handled = handlePurely(handler, event, fetched);
  } catch (error) {
    return [`fails: ${describeError(error)}`];
  }
  const { result, detail, facts } = handled;
  const outcome =
    result === "written" && detail === undefined ? [] : [detail === undefined ? result : `${result}: ${detail}`];
  return [...outcome, ...facts.map(describeFact)];
}

/** Describes the essential fields of a fact in one line. */
function describeFact(fact: Fact): string {
  switch (fact.fact) {
    case "message":
      return describeMessage(fact);
    case "activity":
      return words("activity", fact.opens && "that opens", inThread(fact.thread), at(fact.at));
    case "status": {
      const { status, owner, externalId, participant, error, messageId } = fact;
      const names = [
        participant && `by ${participant}`,
        error && `error ${error.code}`,
        messageId && `our ${messageId}`,
      ];
      return words("status", status, `of ${externalId}`, ...names, `at ${owner.externalId}`, at(fact.at));
    }
    case "message_changed": {
      const { change, target } = fact;
      const value = describeChange(change);
      const actor = change.kind === "reaction" && `by ${change.actor}`;
      return words(change.kind, value, actor, `of ${target.externalId} at ${target.accountId}`, at(fact.at));
    }
    case "thread_moved":
      return words("thread", `${fact.accountId}/${fact.from}`, `moves to ${fact.to}`);
    case "reachability":
      return words("thread", `${fact.accountId}/${fact.threadId}`, `is reachable: ${fact.reachable}`, at(fact.at));
    case "identities_joined": {
      const previous = fact.previous.map(({ externalId }) => externalId).join("+");
      return words("person", previous, `becomes ${nameOf(fact.current)}`, `at ${fact.owner.externalId}`);
    }
    case "marketing":
      return words("marketing", `to ${nameOf(fact.person)}`, `is allowed: ${fact.allowed}`, at(fact.at));
    case "lead": {
      const { externalId, click, submittedAt } = fact.lead;
      return words("lead", externalId, `of ${nameOf(fact.person)}`, clickOf(click), ofOwner(fact), at(submittedAt));
    }
    case "won":
      return words("won", fact.subject, fact.subjectId, `for ${fact.sale.value} ${fact.sale.currency}`);
    case "conversion":
      return describeConversion(fact);
    case "send_requested":
      return describeRequest(fact);
    case "answer": {
      const { turnId, conversationId, messages } = fact;
      return words("answer", turnId, conversationId && `in ${conversationId}`, JSON.stringify(messages), at(fact.at));
    }
    case "mode": {
      const { conversationId, mode, actor, reason } = fact.change;
      return words("mode", mode, `of ${conversationId} by ${actor}`, quote(reason), at(fact.change.at));
    }
    case "scope_paused":
      return words("pause", fact.scope, quote(fact.reason), fact.until && `until ${fact.until.toISOString()}`);
    case "message_sent":
    case "message_suppressed":
      return words(fact.fact, fact.messageId);
    default:
      return fact satisfies never;
  }
}

function describeChange(change: MessageChange): string | undefined {
  switch (change.kind) {
    case "edit":
      return quote(change.body);
    case "reaction":
      return change.emoji ?? "removed";
    case "media":
      return change.media.id;
    case "transcript":
      return quote(change.transcript);
    case "revoke":
      return undefined;
  }
}

function describeMessage({ message, thread, activity, takeover, action }: MessageFact): string {
  const { direction, type, body, media, status, externalId, replyTo, ofContact, sentAt } = message;
  return words(
    direction,
    type,
    quote(body),
    media && `file ${media.id}`,
    `(${status})`,
    externalId,
    replyTo && `replies to ${replyTo}`,
    inThread(thread),
    ofContact && "of the contact",
    activity.byUser && "as activity",
    clickOf(activity.click),
    takeover && `taken over by ${takeover.actor}`,
    action && `answered by ${JSON.stringify(action.action)}`,
    at(sentAt),
  );
}

function describeRequest({ to, request, takeover }: SendRequestedFact): string {
  const content =
    "messages" in request
      ? request.messages.map(({ type, body }) => words(type, quote(body))).join(", ")
      : `action ${JSON.stringify(request.action)}`;
  const where = "owner" in to ? inThread(to) : `in ${to.conversationId}`;
  return words("send", content, where, takeover && `taken over by ${takeover.actor}`);
}

function describeConversion({ conversion, tenant, held }: ConversionFact): string {
  const { click, value, currency, transactionId } = conversion;
  const of = "owner" in tenant ? `the owner of ${tenant.owner.externalId}` : JSON.stringify(tenant);
  return words("conversion", transactionId, clickOf(click), value, currency, `of ${of}`, held && `held: ${held}`);
}

function inThread({ channel, accountId, threadId, kind, title, person }: ThreadReference): string {
  const thread = `${channel}/${accountId}${threadId === undefined ? "" : `/${threadId}`}`;
  return words("in", kind, thread, quote(title), person && `with ${nameOf(person)}`);
}

function nameOf({ identities, profile }: Person): string {
  const ids = identities.map(({ externalId, stable }) => (stable ? externalId : `${externalId}?`)).join("+");
  const phone = identities.some(({ externalId }) => externalId === profile.phone) ? undefined : profile.phone;
  const known = [profile.name, phone].filter((part) => part !== undefined);
  return words(ids, known.length > 0 && `(${known.join(", ")})`);
}

function ofOwner({ owner }: { owner: ThreadReference["owner"] }): string {
  return `at ${owner.noun} ${owner.externalId}`;
}

function clickOf(click: { kind: string; id: string } | undefined): string | undefined {
  return click && `click ${click.kind}:${click.id}`;
}

function at(time: Date): string {
  return `at ${time.toISOString().replace(".000", "")}`;
}

function quote(text: string | undefined): string | undefined {
  return text === undefined ? undefined : JSON.stringify(text);
}

function words(...parts: readonly (string | false | undefined)[]): string {
  return parts.filter(Boolean).join(" ");
}
