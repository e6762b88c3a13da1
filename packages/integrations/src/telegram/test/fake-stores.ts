import type { Stores } from "@millrace/core";

/**
 * Stores that record their calls and write nothing. `results` are the results by method name (`conversations.open`); a
 * method without a result returns undefined.
 */
export function fakeStores(results: Readonly<Record<string, unknown>> = {}) {
  const known: Record<string, unknown> = {
    "accounts.tenantOf": "tenant",
    "contacts.resolve": "contact",
    "conversations.open": "conversation",
    ...results,
  };
  const calls: { name: string; args: unknown[] }[] = [];
  const storeOf = (store: string) =>
    new Proxy(
      {},
      {
        get:
          (_, method) =>
          async (...args: unknown[]) => {
            const name = `${store}.${String(method)}`;
            calls.push({ name, args });
            return known[name];
          },
      },
    );
  const stores = new Proxy({}, { get: (_, store) => storeOf(String(store)) }) as Stores;
  /** The arguments of each call of a method. */
  const argsOf = (name: string) => calls.filter((call) => call.name === name).map((call) => call.args);
  return { stores, argsOf, names: () => calls.map(({ name }) => name) };
}
