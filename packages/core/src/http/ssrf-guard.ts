import { lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { Agent, buildConnector } from "undici";
import { permanent, type ProviderError } from "../errors/provider-error.ts";

/** Code of the error that refuses an address of a private network. */
export const PRIVATE_ADDRESS = "private_address";

/**
 * IPv4 that leads to no public host: this machine, private and shared networks, link-local (where clouds keep their
 * metadata), documentation, tests, multicast, reserved.
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
 * All of IPv6 that may be public. Loopback, unique local, link-local, multicast, NAT64 and what is mapped from IPv4 lie
 * outside it. https://www.iana.org/assignments/ipv6-address-space
 */
const GLOBAL_V6 = ["2000::/3"];

/**
 * What of it is not: protocol assignments with Teredo, documentation, 6to4.
 * https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const RESERVED_V6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

const reserved = networks([...RESERVED_V4, ...RESERVED_V6]);
const global = networks(GLOBAL_V6);

/** Whether an IP address may be called: a public one, or one in `except`. False for what is no address. */
export function isCallable(address: string, except: BlockList): boolean {
  const version = isIP(address);
  // A zone (`fe80::1%eth0`) is a part of link-local addresses alone.
  if (version === 0 || address.includes("%")) return false;
  const family = version === 4 ? "ipv4" : "ipv6";
  if (except.check(address, family)) return true;
  return !reserved.check(address, family) && (family === "ipv4" || global.check(address, family));
}

/** Networks in CIDR notation as a list to check addresses against. Throws on what is no network. */
export function networks(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = "", prefix] = cidr.split("/");
    list.addSubnet(address, Number(prefix), isIP(address) === 4 ? "ipv4" : "ipv6");
  }
  return list;
}

/**
 * An undici agent that connects to public addresses and those in `except` (CIDR) alone. Names are resolved by `resolve`,
 * and the connection goes to the very addresses that were checked, so that a name cannot mean another one the second
 * time; of several, none may be private. A refusal is a permanent ProviderError {@link PRIVATE_ADDRESS}.
 */
export function publicOnlyAgent(except: readonly string[], resolve: LookupFunction = lookup): Agent {
  const allowed = networks(except);
  const connect = buildConnector({ autoSelectFamily: true, lookup: checkedLookup(allowed, resolve) });
  return new Agent({
    connect(options, callback) {
      // An address is never looked up. The URL parser has brought it from any spelling (`0x7f.1`) into the usual one.
      if (isIP(options.hostname) !== 0 && !isCallable(options.hostname, allowed)) callback(refusal(), null);
      else connect(options, callback);
    },
  });
}

/** For net with `autoSelectFamily`, which always asks for all addresses. */
function checkedLookup(allowed: BlockList, resolve: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      const addresses = typeof found === "string" ? [{ address: found, family: isIP(found) }] : (found ?? []);
      const checked = addresses.length > 0 && addresses.every(({ address }) => isCallable(address, allowed));
      callback(error ?? (checked ? null : refusal()), addresses);
    });
  };
}

/** With a code for certain, as net wants it of a look-up's errors. */
function refusal(): ProviderError & { code: string } {
  return Object.assign(permanent("the address is in a private network"), { code: PRIVATE_ADDRESS });
}
