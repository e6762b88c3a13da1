import { BlockList, isIP } from "node:net";

/** Code of the error for an address in a private network. */
export const PRIVATE_ADDRESS = "private_address";

/**
 * IPv4 networks without public hosts: this machine, private and shared networks, link-local (clouds serve their metadata
 * there), documentation, tests, multicast, reserved.
 * https://www.iana.org/assignments/iana-ipv4-special-registry
 */
const RESERVED_V4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
];

/**
 * The only IPv6 network with public hosts. Loopback, unique local, link-local, multicast, NAT64 and addresses that embed
 * IPv4 are outside it. https://www.iana.org/assignments/ipv6-address-space
 *
 * Not the package `ipaddr.js` (2.5.0): it classifies `::7f00:1`, which embeds 127.0.0.1, and unassigned networks as public.
 */
const GLOBAL_V6 = ["2000::/3"];

/**
 * Networks within it that have no public hosts: protocol assignments with Teredo, documentation, 6to4.
 * https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const RESERVED_V6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

const reserved = networks([...RESERVED_V4, ...RESERVED_V6]);
const global = networks(GLOBAL_V6);

/** Whether requests may go to an IP address: it is public or in `except`. False for text that is no address. */
export function isCallable(address: string, except: BlockList): boolean {
  const version = isIP(address);
  // Only link-local addresses have a zone (`fe80::1%eth0`).
  if (version === 0 || address.includes("%")) return false;
  const family = version === 4 ? "ipv4" : "ipv6";
  if (except.check(address, family)) return true;
  return !reserved.check(address, family) && (family === "ipv4" || global.check(address, family));
}

/** Parses networks in CIDR notation into a list that addresses can be checked against. Throws on an invalid network. */
export function networks(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = "", prefix] = cidr.split("/");
    list.addSubnet(address, Number(prefix), isIP(address) === 4 ? "ipv4" : "ipv6");
  }
  return list;
}
