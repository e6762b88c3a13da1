import { lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { Agent, buildConnector } from "undici";
import { permanent, type ProviderError } from "../errors/provider-error.ts";

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

/**
 * Creates an undici agent that connects only to public addresses and those in `except` (CIDR). `resolve` resolves a host
 * name once, and the agent connects to the addresses that it checked, so that a second DNS response cannot redirect it.
 * If one of several addresses is private, none is used. It rejects with a permanent ProviderError
 * {@link PRIVATE_ADDRESS}.
 */
export function publicOnlyAgent(except: readonly string[], resolve: LookupFunction = lookup): Agent {
  const allowed = networks(except);
  const connect = buildConnector({ autoSelectFamily: true, lookup: checkedLookup(allowed, resolve) });
  return new Agent({
    connect(options, callback) {
      // Node looks up names only. The URL parser has normalized any spelling of an address (`0x7f.1`).
      if (isIP(options.hostname) !== 0 && !isCallable(options.hostname, allowed)) callback(privateAddress(), null);
      else connect(options, callback);
    },
  });
}

/** A lookup for node:net with `autoSelectFamily`, which always requests all addresses. */
function checkedLookup(allowed: BlockList, resolve: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      const addresses = typeof found === "string" ? [{ address: found, family: isIP(found) }] : (found ?? []);
      const isSafe = addresses.length > 0 && addresses.every(({ address }) => isCallable(address, allowed));
      callback(error ?? (isSafe ? null : privateAddress()), addresses);
    });
  };
}

/** node:net requires a code in the error of a lookup. */
function privateAddress(): ProviderError & { code: string } {
  return Object.assign(permanent("the address is in a private network"), { code: PRIVATE_ADDRESS });
}
