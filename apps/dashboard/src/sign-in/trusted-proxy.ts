import type { IncomingMessage } from "node:http";
import { type BlockList, isIP } from "node:net";
import type { Role } from "@millrace/db";

/** Proxies that sign people in and send their name in a header. */
export type TrustedProxies = {
  addresses: BlockList;
  /** Name of the header, in lower case. */
  userHeader: string;
  /** Role of a person who is not in the table of operators. */
  role: Role;
};

/** Longest name that a proxy may send, which is the length limit of an e-mail address. */
const MAX_NAME_LENGTH = 254;

/**
 * Returns the name of the person that a trusted proxy signed in. Undefined when the connection comes from another
 * address, or when the request has no name or several: one of several could come from the client.
 */
export function proxyUser(incoming: IncomingMessage, { addresses, userHeader }: TrustedProxies): string | undefined {
  if (!isTrusted(peerAddress(incoming), addresses)) return undefined;
  const name = incoming.headersDistinct[userHeader]?.join(",") ?? "";
  return name !== "" && !name.includes(",") && name.length <= MAX_NAME_LENGTH ? name : undefined;
}

/**
 * Returns the address of the client. A trusted proxy appends the address of its peer to `X-Forwarded-For`, so the client
 * is the last entry that is not itself a trusted proxy. The client may have written the entries before it.
 */
export function clientAddress(incoming: IncomingMessage, proxies: TrustedProxies | undefined): string {
  const forwarded = (incoming.headersDistinct["x-forwarded-for"] ?? []).join(",").split(",");
  const isProxy = (address: string) => proxies !== undefined && isTrusted(address, proxies.addresses);
  let address = peerAddress(incoming);
  while (isProxy(address)) {
    const peer = forwarded.pop()?.trim() ?? "";
    if (isIP(peer) === 0) break;
    address = peer;
  }
  return address;
}

/** The address at the other end of the connection, without the zone of a link-local address. */
function peerAddress(incoming: IncomingMessage): string {
  return incoming.socket.remoteAddress?.split("%")[0] ?? "unknown";
}

function isTrusted(address: string, trusted: BlockList): boolean {
  const version = isIP(address);
  return version !== 0 && trusted.check(address, version === 4 ? "ipv4" : "ipv6");
}
