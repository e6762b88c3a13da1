import type { DeadLetterList, Replays } from "@millrace/db";

/** Dependencies of the API of dead letters. */
export type DeadLetterApiDeps = { deadLetters: DeadLetterList; replays: Replays };
