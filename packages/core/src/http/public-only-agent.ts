import { lookup } from "node:dns";
import { type BlockList, isIP, type LookupFunction } from "node:net";
import { Agent, buildConnector, fetch } from "undici";
import { permanent, type ProviderError } from "../errors/provider-error.ts";
import { isCallable, networks, PRIVATE_ADDRESS } from "./ssrf-guard.ts";

type UndiciFetch = typeof fetch;

/** One agent per list of exceptions; there are few. */
const agents = new Map<string, Agent>();

/** Fetches with undici from public addresses and those in `except` (CIDR): see {@link publicOnlyAgent}. */
export function fetchPublicOnly(
  url: string,
  init: NonNullable<Parameters<UndiciFetch>[1]>,
  except: readonly string[],
): ReturnType<UndiciFetch> {
  const key = except.join();
  const agent = agents.get(key) ?? publicOnlyAgent(except);
  agents.set(key, agent);
  return fetch(url, { ...init, dispatcher: agent });
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
