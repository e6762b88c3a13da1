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
  const [address = ""] = (incoming.socket.remoteAddress ?? "").split("%");
  const version = isIP(address);
  if (version === 0 || !addresses.check(address, version === 4 ? "ipv4" : "ipv6")) return undefined;
  const name = incoming.headersDistinct[userHeader]?.join(",") ?? "";
  return name !== "" && !name.includes(",") && name.length <= MAX_LENGTH ? name : undefined;
}
