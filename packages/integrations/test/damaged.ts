import fc from "fast-check";
import { parseJsonBody } from "@millrace/core";

/** Arbitrary bytes, arbitrary JSON, and real bodies with one changed byte or value, or with U+0000 in one value. */
export function damaged(bodies: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const real = fc.constantFrom(...bodies).map((body) => Buffer.from(body));
  const byteChanged = fc.tuple(real, fc.nat(), fc.nat({ max: 255 })).map(([body, at, byte]) => {
    body[at % body.length] = byte;
    return body;
  });
  const valueChanged = fc.tuple(real, fc.nat(), fc.jsonValue()).map(([body, at, value]) => {
    const parsed = parseJsonBody(body);
    return parsed.ok ? Buffer.from(JSON.stringify(withValue(parsed.value, at, value))) : body;
  });
  const nulInserted = fc.tuple(real, fc.nat()).map(([body, at]) => withNul(String(body), at));
  return fc.oneof(
    fc.uint8Array(),
    fc.json().map((text) => Buffer.from(text)),
    byteChanged,
    valueChanged,
    nulInserted,
  );
}

/** The form or the JSON with an escaped U+0000 at the start of one of its values. */
function withNul(text: string, at: number): Buffer {
  const [values, nul] = text.startsWith("{") ? [/: ?"/g, "\\u0000"] : [/=/g, "%00"];
  const count = text.match(values)?.length ?? 1;
  let next = 0;
  return Buffer.from(text.replaceAll(values, (start) => (next++ === at % count ? `${start}${nul}` : start)));
}

/** The JSON value with another value at one of its places. `undefined` removes a field. */
export function withValue(json: unknown, at: number, value: unknown): unknown {
  let values = 0;
  JSON.stringify(json, (_, inner: unknown) => (values++, inner));
  let next = 0;
  const text = JSON.stringify(json, (_, inner: unknown) => (next++ === at % values ? value : inner)) as
    | string
    | undefined;
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}
