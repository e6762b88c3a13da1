import fc from "fast-check";
import { expect, test } from "vitest";
import type { RawRequest } from "@millrace/core";
import { signMetaRequest } from "../shared/meta/webhook.ts";
import { META_PATHS, metaWebhook, parseMetaWebhook } from "./webhook.ts";

const webhook = metaWebhook({
  appSecrets: ["new-secret", "old-secret"],
  verifyTokens: ["word"],
  verifySignature: true,
});
const isAuthentic = (request: RawRequest, by = webhook) =>
  by.authenticate(request, { now: new Date(), secrets: by.secrets });

function request(parts: Partial<RawRequest>): RawRequest {
  return {
    method: "POST",
    headers: {},
    url: "http://127.0.0.1:8080/",
    query: new URLSearchParams(),
    params: {},
    body: new Uint8Array(),
    ...parts,
  };
}

function signed(secret: string, payload: unknown = { object: "page", entry: [] }): RawRequest {
  const { headers, body } = signMetaRequest(META_PATHS[0], payload, secret);
  return request({ headers, body: Buffer.from(body) });
}

test.each(["new-secret", "old-secret"])("a body signed with %s authenticates", (secret) => {
  expect(isAuthentic(signed(secret))).toBe(true);
});

test("a body that is changed, unsigned or signed with another secret does not authenticate", () => {
  expect(isAuthentic(signed("another"))).toBe(false);
  const { headers, body } = signed("new-secret");
  for (let at = 0; at < body.length; at++) {
    const flipped = Uint8Array.from(body);
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    expect(isAuthentic(request({ headers, body: flipped }))).toBe(false);
  }
  expect(isAuthentic(request({ body }))).toBe(false);
  expect(isAuthentic(request({ headers: { "x-hub-signature-256": "sha256=" }, body }))).toBe(false);
});

test("a signature is valid only for the bytes as sent, with their escapes", () => {
  const body = Buffer.from('{"object":"page","entry":[],"note":"\\u00e4\\/"}');
  const { headers } = signed("new-secret", JSON.parse(body.toString()));
  expect(isAuthentic(request({ headers, body }))).toBe(false);
});

test("with META_VERIFY_SIGNATURE=false any body authenticates", () => {
  const open = metaWebhook({ appSecrets: ["s"], verifyTokens: ["word"], verifySignature: false });
  expect(isAuthentic(request({}), open)).toBe(true);
});

test("the verification challenge is echoed only for our verify token", () => {
  const challenge = (query: string) =>
    webhook.challenge?.respond(request({ method: "GET", query: new URLSearchParams(query) }))?.body;
  expect(challenge("hub.mode=subscribe&hub.verify_token=word&hub.challenge=0012")).toBe("0012");
  expect(challenge("hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=0012")).toBeUndefined();
  expect(challenge("hub.mode=subscribe&hub.challenge=0012")).toBeUndefined();
  expect(challenge("hub.verify_token=word&hub.challenge=0012")).toBeUndefined();
});

const digits = fc.bigInt({ min: 1n, max: 10n ** 18n }).map(String);

type Item = { page: string; change: { field: string; value: Record<string, unknown> } };

/** A leadgen change or another change, as Meta sends it. */
const item: fc.Arbitrary<Item> = fc.oneof(
  fc.record({
    page: fc.constantFrom("51", "52", "53"),
    change: fc
      .record({ leadgen_id: digits, page_id: fc.constantFrom("51", "52"), form_id: digits, created_time: fc.nat() })
      .map((value) => ({ field: "leadgen", value })),
  }),
  fc.record({
    page: fc.constantFrom("51", "52"),
    change: fc.record({ field: fc.constantFrom("feed", "ratings"), value: fc.record({ post_id: digits }) }),
  }),
);
/** The items in any order, some of them twice, in any number of requests with any number of entries. */
const batches = fc
  .uniqueArray(item, {
    minLength: 1,
    maxLength: 12,
    selector: ({ change: { value } }) => value["leadgen_id"] ?? value["post_id"],
  })
  .chain((items) =>
    fc.record({
      items: fc.constant(items),
      order: fc.shuffledSubarray([...items, ...items], { minLength: items.length }),
      sizes: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 24, maxLength: 24 }),
      time: fc.nat(),
    }),
  )
  .filter(({ items, order }) => new Set(order).size === items.length);

const eventsOf = (bodies: readonly unknown[]) =>
  new Map(
    bodies
      .flatMap((body) => parseMetaWebhook({ body: Buffer.from(JSON.stringify(body)) }))
      .map((event) => [event.id, event]),
  );

const entryOf = (items: readonly Item[], time: number) =>
  items.map(({ page, change }) => ({ id: page, time, changes: [change] }));

test("the same items become the same events, however they are grouped, ordered and repeated", () => {
  fc.assert(
    fc.property(batches, ({ items, order, sizes, time }) => {
      const one = eventsOf([{ object: "page", entry: entryOf(items, 1) }]);
      const bodies: unknown[] = [];
      for (let rest = order, at = 0; rest.length > 0; rest = rest.slice(sizes[at] ?? 1), at++)
        bodies.push({ object: "page", entry: entryOf(rest.slice(0, sizes[at] ?? 1), time + at) });
      const many = eventsOf(bodies);
      expect(one.size).toBe(items.length);
      expect([...many.keys()].toSorted()).toEqual([...one.keys()].toSorted());
      for (const [id, event] of many) expect(event).toEqual(one.get(id));
    }),
  );
});

test("an entry with many changes becomes the same events as many entries with one change", () => {
  fc.assert(
    fc.property(fc.array(item, { minLength: 1, maxLength: 8 }), (items) => {
      const samePage = items.map((one) => ({ ...one, page: "51" }));
      const changes = samePage.map(({ change }) => change);
      const together = eventsOf([{ object: "page", entry: [{ id: "51", time: 9, changes }] }]);
      expect(together).toEqual(eventsOf([{ object: "page", entry: entryOf(samePage, 3) }]));
    }),
  );
});

test("ids as numbers and ids as strings become the same event", () => {
  const value = { leadgen_id: 123_123, page_id: 51, form_id: 7, ad_id: 0, created_time: 1_793_613_702 };
  const numbers = eventsOf([{ object: "page", entry: [{ id: 51, changes: [{ field: "leadgen", value }] }] }]);
  const text = { leadgen_id: "123123", page_id: "51", form_id: "7", created_time: "1793613702" };
  const strings = eventsOf([{ object: "page", entry: [{ id: "51", changes: [{ field: "leadgen", value: text }] }] }]);
  expect(numbers).toEqual(strings);
  expect([...numbers.keys()]).toEqual(["lead.51.123123"]);
});

test("any body becomes events with valid ids, without an exception", () => {
  const wild = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.json().map((json) => Buffer.from(json)),
    fc
      .record(
        {
          object: fc.oneof(fc.constant("page"), fc.jsonValue()),
          entry: fc.array(fc.record({ id: fc.jsonValue(), changes: fc.array(fc.jsonValue()) }, { requiredKeys: [] })),
        },
        { requiredKeys: [] },
      )
      .map((body) => Buffer.from(JSON.stringify(body))),
  );
  fc.assert(
    fc.property(wild, (body) => {
      const events = parseMetaWebhook({ body });
      expect(events.length).toBeGreaterThan(0);
      for (const { id } of events) expect(id).toMatch(/^(lead|change|unreadable)\.[\w.-]{1,200}$/);
    }),
  );
});
