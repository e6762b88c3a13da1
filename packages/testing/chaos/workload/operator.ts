import { millrace } from "../../e2e/processes.ts";
import { PEOPLE } from "./people.ts";
import type { Action, WorkloadContext } from "./context.ts";

/** The steps that an operator starts with the command line. A command fails while a store is away, as for an operator. */
export function operatorActions({ deployment, observations }: WorkloadContext) {
  const run = (...args: string[]) =>
    millrace(args, deployment.environment).then(
      () => true,
      () => false,
    );
  return {
    async erase({ subject }) {
      const erasable = PEOPLE.filter((person) => person.erasable);
      const person = erasable[Math.floor(subject * erasable.length)];
      if (!person) return;
      await run("contacts", "erase", `${person.channel}:${person.address}`, "--yes", "--reason", "chaos");
      // A command that failed may have erased some rows already.
      observations.erasures.push({ person: person.index, at: Date.now() });
    },
    async replay() {
      await run("dead-letters", "replay", "--all", "--rate", "20", "--reason", "chaos", "--detach");
    },
  } satisfies Record<string, Action>;
}
