import type { Stores } from "@millrace/core";

/**
 * Stores that write nothing and tell what they were given, for tests. `results` are by the names of their methods
 * (`conversations.open`); what is not among them gives nothing.
 */
export function fakeStores(results: Readonly<Record<string, unknown>> = {}) {
  const known: Record<string, unknown> = {
    "accounts.tenantOf": "tenant",
    "contacts.resolve": "contact",
    "conversations.open": "conversation",
    ...results,
  };
  const calls: { name: string; given: unknown[] }[] = [];
  const storeOf = (store: string) =>
    new Proxy(
      {},
      {
        get:
          (_, method) =>
          async (...given: unknown[]) => {
            const name = `${store}.${String(method)}`;
            calls.push({ name, given });
            return known[name];
          },
      },
    );
  const stores = new Proxy({}, { get: (_, store) => storeOf(String(store)) }) as Stores;
  /** What a method was given, call by call. */
  const given = (name: string) => calls.filter((call) => call.name === name).map((call) => call.given);
  return { stores, given, names: () => calls.map(({ name }) => name) };
}
