import { REDACTED } from "@millrace/core";
import { integrations } from "@millrace/integrations";

/** Matches keys that name a secret, in lower case and without `_`, `-` and `.`. */
const SECRET_KEY =
  /authorization|token|secret|password|passwd|passphrase|signature|apikey|accesskey|privatekey|credential|cookie|^(?:auth|pass|pwd|sig|hmac|jwt)$/;

/** The end of such a key within text. The bound keeps the matching time linear in the length of the text. */
const KEY_IN_TEXT = String.raw`(?:authorization|token|secret|passw(?:or)?d|signature|api[_-]?key|credential)[\w.-]{0,40}`;

/** Patterns of secrets within text, each with its replacement. */
const SECRETS_IN_TEXT: readonly [RegExp, string][] = [
  // "access_token":"…" in a JSON body that is kept as text.
  [new RegExp(String.raw`(${KEY_IN_TEXT}"\s*:\s*)"(?:[^"\\]|\\.)*"?`, "gi"), `$1"${REDACTED}"`],
  // access_token=… in a URL or a form.
  [new RegExp(String.raw`(${KEY_IN_TEXT}(?:=|%3D))[^&\s"'#]+`, "gi"), `$1${REDACTED}`],
  // Authorization: … in headers.
  [
    /\b(authorization|cookie|x-[\w-]{0,40}(?:token|secret|signature|key)[\w-]{0,40})\s*:\s*[^\s"][^\r\n"]*/gi,
    `$1: ${REDACTED}`,
  ],
  // In lower case "bearer" is also an English word, which no long token follows.
  [/\b(?:Bearer\s+[^\s"',;]+|bearer\s+[^\s"',;]{16,})/g, `Bearer ${REDACTED}`],
  // https://user:password@host
  [/(\b[a-z][a-z\d+.-]{0,20}:\/\/)[^\s/:@]{0,200}:[^\s/@]{1,200}@/gi, `$1${REDACTED}@`],
  // A JSON Web Token.
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, REDACTED],
  ...integrations.flatMap(({ secretPatterns }) =>
    secretPatterns.map((pattern): [RegExp, string] => [pattern, REDACTED]),
  ),
];

/**
 * Returns a copy of a JSON value with {@link REDACTED} in place of every secret, at any depth. A secret is the value of
 * a key that names one, or a text that matches a known pattern. All other values stay.
 */
export function redact(value: unknown): unknown {
  if (typeof value === "string") return redactText(value);
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [redactText(key), namesSecret(key) ? REDACTED : redact(member)]),
  );
}

function namesSecret(key: string): boolean {
  return SECRET_KEY.test(key.toLowerCase().replaceAll(/[_.-]/g, ""));
}

function redactText(text: string): string {
  return SECRETS_IN_TEXT.reduce((redacted, [pattern, replacement]) => redacted.replaceAll(pattern, replacement), text);
}
