import { readFileSync } from "node:fs";
import type { Conversion, HttpRequest, HttpResponse, UploadContext } from "@millrace/core";
import { recordingLogger } from "@millrace/testing/servers";

/** The time of tests. */
export const NOW = new Date("2026-11-24T12:00:00.000Z");

/** A Data Manager API that gives these answers in turn and remembers what it was asked. */
export function fakeGoogle(...answers: Partial<HttpResponse>[]): { context: UploadContext; asked: HttpRequest[] } {
  const asked: HttpRequest[] = [];
  const http = async (request: HttpRequest) => {
    const answer = answers[asked.length];
    asked.push(request);
    if (!answer) throw new Error("no further call is expected");
    return { status: 200, headers: {}, json: undefined, ...answer };
  };
  return { asked, context: { http, log: recordingLogger().log, now: () => NOW, signal: new AbortController().signal } };
}

/** An answer of Google's as it is kept in the fixtures. */
export function fixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), "utf8"));
}

/** An error of Google's. Its message holds what must be told nowhere. */
export function googleError(code: number, status: string, ...details: object[]): HttpResponse {
  return {
    status: code,
    headers: {},
    json: { error: { code, message: "ada@example.com, token s3cret", status, details } },
  };
}

/** An error that is about these fields. */
export function violations(...fieldViolations: readonly { field: string; reason: string }[]): HttpResponse {
  return googleError(400, "INVALID_ARGUMENT", {
    "@type": "type.googleapis.com/google.rpc.BadRequest",
    fieldViolations,
  });
}

/** A conversion as it is in a batch. */
export function conversion(id: string, more: Partial<Conversion> = {}): Conversion & { id: string } {
  return {
    id,
    transactionId: `order-${id}`,
    accountId: "5550001111",
    actionId: "91",
    click: { kind: "gclid", id: `click-${id}` },
    convertedAt: "2026-11-21T10:00:00+03:00",
    value: "12.50",
    currency: "EUR",
    consent: {},
    eventSource: "WEB",
    ...more,
  };
}
