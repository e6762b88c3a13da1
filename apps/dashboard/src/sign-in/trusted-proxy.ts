import type { IncomingMessage } from "node:http";
import { type BlockList, isIP } from "node:net";
import type { Role } from "@millrace/db";

/** Proxies that sign people in and say who it is. */
export type TrustedProxies = {
  addresses: BlockList;
  /** In lower case. */
  userHeader: string;
  /** Of those who are not in the table of operators. */
  role: Role;
};

/** Longest name that is taken from a proxy; an e-mail address is not longer. */
const MAX_LENGTH = 254;

/**
 * Whom the proxy has signed in. Undefined unless the connection itself comes from a trusted address, and unless there is
 * exactly one name: of two, one may be what the caller wrote.
 */
export function proxyUser(incoming: IncomingMessage, { addresses, userHeader }: TrustedProxies): string | undefined {
  if (!isTrusted(connectionOf(incoming), addresses)) return undefined;
  const name = incoming.headersDistinct[userHeader]?.join(",") ?? "";
  return name !== "" && !name.includes(",") && name.length <= MAX_LENGTH ? name : undefined;
}

/**
 * The address that a request comes from. Each trusted proxy writes whom it has it from behind what it was sent, so it is
 * the last in `X-Forwarded-For` that is not a proxy's own; what stands before it is whatever a caller says.
 */
export function callerAddress(incoming: IncomingMessage, proxies: TrustedProxies | undefined): string {
  const forwarded = (incoming.headersDistinct["x-forwarded-for"] ?? []).join(",").split(",");
  const isProxy = (address: string) => proxies !== undefined && isTrusted(address, proxies.addresses);
  let address = connectionOf(incoming);
  while (isProxy(address)) {
    const before = forwarded.pop()?.trim() ?? "";
    if (isIP(before) === 0) break;
    address = before;
  }
  return address;
}

function connectionOf(incoming: IncomingMessage): string {
  return incoming.socket.remoteAddress?.split("%")[0] ?? "unknown";
}

function isTrusted(address: string, trusted: BlockList): boolean {
  const version = isIP(address);
  return version !== 0 && trusted.check(address, version === 4 ? "ipv4" : "ipv6");
}
