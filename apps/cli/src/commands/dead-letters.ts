import { type Environment, systemNow, uuidv7 } from "@millrace/core";
import { createDeadLetterList, createReplays } from "@millrace/db";
import { cancel } from "../dead-letters/cancel.ts";
import { discard } from "../dead-letters/discard.ts";
import { edit } from "../dead-letters/edit.ts";
import { list } from "../dead-letters/list.ts";
import { type DeadLetterOptions, type DeadLetterStores, readOptions } from "../dead-letters/options.ts";
import { replay } from "../dead-letters/replay.ts";
import { show } from "../dead-letters/show.ts";
import { withStores } from "../stores.ts";
import { UsageError } from "../usage.ts";

const verbs: Record<string, (stores: DeadLetterStores, options: DeadLetterOptions) => Promise<void>> = {
  list,
  show,
  replay,
  discard,
  edit,
  cancel,
};

/** `millrace dead-letters` */
export const deadLetters = {
  usage: `dead-letters list | show <id> | replay | discard | edit <id> | cancel <replay id>
      which    <id> …, --all, or --queue --integration --error-kind --text --tenant --since --until; list also --state
      how      --dry-run --rate <per second> --reason <text> --json --detach; edit reads the new payload from stdin`,
  async run([verb = "", ...args]: string[], environment: Environment): Promise<void> {
    const act = verbs[verb];
    if (!act) throw new UsageError(`which? ${Object.keys(verbs).join(", ")}`);
    const options = readOptions(args);
    await withStores(environment, ({ database }) =>
      act(
        {
          letters: createDeadLetterList(database),
          replays: createReplays(database, uuidv7, systemNow),
          now: systemNow,
        },
        options,
      ),
    );
  },
};
