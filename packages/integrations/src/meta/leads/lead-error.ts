import type { HttpResponse, NextStep, ProviderError } from "@millrace/core";
import { type GraphError, graphErrorOf } from "../../shared/meta/graph-error.ts";
import { classifyGraph, graphFailure, isPermission, isTransient } from "../graph/error.ts";

/** The scopes and the age of a request for a lead. */
export type LeadCall = {
  /** Waits while the page is throttled, or its token or a permission needs repair. */
  pageScope: string;
  /** Waits while this lead cannot be read. */
  leadScope: string;
  /** When ingest received the lead's webhook. */
  receivedAt: Date;
};

/** Whether the requested fields can cause the error: a missing permission, or a field that Graph does not know. */
export function mayBeAboutFields(response: HttpResponse): boolean {
  const error = graphErrorOf(response);
  if (!error || isTransient(response, error)) return false;
  return error.code === 10 || isPermission(error.code) || (error.code === 100 && !isUnreadable(error));
}

/** Maps the response to a request for a lead to the next step. Undefined when the call succeeded. */
export function classifyLeadError(response: HttpResponse, call: LeadCall, now: Date): ProviderError | undefined {
  const error = graphErrorOf(response);
  if (error && isUnreadable(error) && !isTransient(response, error))
    return graphFailure(error, "the lead does not exist or may not be read", untilReadable(call, now));
  return classifyGraph(response, call.pageScope, now);
}

/** "Object does not exist, cannot be loaded due to missing permissions, or does not support this operation". */
function isUnreadable({ code, error_subcode: subcode }: GraphError): boolean {
  return code === 100 && subcode === 33;
}

/** How long Meta may need until a new lead can be read, in ms. */
const FRESH_MS = 10 * 60_000;

/** The first delay before a new lead is fetched again, in ms. */
const FIRST_DELAY_MS = 5_000;

/**
 * Meta can announce a lead before it can be read. The worker fetches it again after 5, 10, 20, … s, for 10 minutes.
 * After that the lead is deleted or withheld, and Meta's error does not show which: an operator must check. Only this
 * lead pauses, because a deleted lead must not stop its page. Neither step costs an attempt.
 */
function untilReadable({ leadScope: scope, receivedAt }: LeadCall, now: Date): NextStep {
  const ageMs = now.getTime() - receivedAt.getTime();
  if (ageMs >= FRESH_MS) return { kind: "paused", scope };
  return { kind: "rate_limited", scope, until: new Date(now.getTime() + Math.max(ageMs, FIRST_DELAY_MS)) };
}
