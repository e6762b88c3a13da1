import { readFileSync } from "node:fs";
import type { Conversion, HttpRequest, HttpResponse, UploadContext } from "@millrace/core";
import { recordingLogger } from "@millrace/testing/servers";

/** The current time in tests. */
export const NOW = new Date("2026-11-24T12:00:00.000Z");

/** A fake Data Manager API that returns the responses in order and records the requests. */
export function fakeGoogle(...responses: Partial<HttpResponse>[]): {
  context: UploadContext;
  requests: HttpRequest[];
} {
  const requests: HttpRequest[] = [];
  const http = async (request: HttpRequest) => {
    const response = responses[requests.length];
    requests.push(request);
    if (!response) throw new Error("no further call is expected");
    return { status: 200, headers: {}, json: undefined, ...response };
  };
  const context = { http, log: recordingLogger().log, now: () => NOW, signal: new AbortController().signal };
  return { requests, context };
}

/** A recorded response of Google. */
export function fixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../fixtures/${name}.json`, import.meta.url), "utf8"));
}

/** An error response of Google. Its message contains texts that must not appear anywhere. */
export function googleError(code: number, status: string, ...details: object[]): HttpResponse {
  return {
    status: code,
    headers: {},
    json: { error: { code, message: "ada@example.com, token s3cret", status, details } },
  };
}

/** An error response that names these fields. */
export function violations(...fieldViolations: readonly { field: string; reason: string }[]): HttpResponse {
  return googleError(400, "INVALID_ARGUMENT", {
    "@type": "type.googleapis.com/google.rpc.BadRequest",
    fieldViolations,
  });
}

/** A conversion of a batch. */
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
