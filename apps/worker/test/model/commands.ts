import { setTimeout as wait } from "node:timers/promises";
import fc from "fast-check";
import { CHANNELS, type Faults, type Run } from "./run.ts";

/** Something that happens; what is expected of it is written into the run, which also is the model. */
type Command = fc.AsyncCommand<Run, Run>;

/** What can go wrong with a message: it is refused for a while or for good, or nobody knows what became of it. */
const FAULTS: Record<keyof Faults, readonly (readonly string[])[]> = {
  whatsapp: [
    ["code:131016"],
    ["code:131016", "code:131016"],
    ["code:131056"],
    ["code:131009"],
    ["expired_token"],
    ["http_500_taken"],
    ["malformed"],
    ["status_late"],
    ["status_first"],
    ["status_twice"],
    ["status_reordered"],
    ["status_failed"],
    ["malformed", "status_reordered"],
    ["http_500_taken", "status_first"],
  ],
  telegram: [["http_500"], ["http_500_taken"], ["retry_after:1"], ["code:400"], ["expired_token"]],
};

/** Nobody knows what became of a message, and nothing is told of it, or only later: each takes its full time. */
const SILENCES = [["http_500"], ["http_500_taken", "no_status"], ["http_500_taken", "status_late"]];

const ASK_FAULTS = ["http_500", "http_500_taken", "malformed", "not_registered"];

const chat = fc.nat(CHANNELS.length - 1);

/** What goes wrong with the message that comes next; mostly nothing. */
const faults = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Faults>({ whatsapp: [], telegram: [] }) },
  {
    weight: 7,
    arbitrary: fc.record({
      whatsapp: fc.constantFrom(...FAULTS.whatsapp),
      telegram: fc.constantFrom(...FAULTS.telegram),
    }),
  },
  { weight: 1, arbitrary: fc.record({ whatsapp: fc.constantFrom(...SILENCES), telegram: fc.constant([]) }) },
);

const count = fc.integer({ min: 1, max: 3 });

/** What may happen in a run, the usual more often than the rare. */
export const commandSequences = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: chat.map((index) => command(`hear(${index})`, (run) => run.receiveText(index))) },
    {
      weight: 5,
      arbitrary: fc
        .tuple(chat, count, faults)
        .map((args) => command(`send(${JSON.stringify(args)})`, (run) => run.send(...args))),
    },
    { weight: 2, arbitrary: chat.map((index) => command(`sendUnderKey(${index})`, (run) => run.sendUnderKey(index))) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.nat(9), fc.boolean())
        .map((args) => command(`repeat(${args.join()})`, (run) => run.repeat(...args))),
    },
    {
      weight: 6,
      arbitrary: fc
        .tuple(fc.oneof(fc.constant(0), fc.nat(4)), count, faults)
        .map((args) => command(`answer(${JSON.stringify(args)})`, (run) => run.answer(...args))),
    },
    {
      weight: 5,
      arbitrary: fc
        .tuple(chat, fc.constantFrom("human", "human", "ai"))
        .map((args) => command(`takeOver(${args.join()})`, (run) => run.takeOver(...args))),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(chat, fc.constantFrom(...ASK_FAULTS))
        .map((args) => command(`failAsk(${args.join()})`, (run) => run.failAsk(...args))),
    },
    { weight: 1, arbitrary: fc.constant(command("tellStatuses", (run) => run.harness.releaseStatuses())) },
    { weight: 1, arbitrary: fc.constant(command("forget", (run) => run.harness.removeCompletedJobs())) },
    { weight: 4, arbitrary: fc.integer({ min: 5, max: 250 }).map((ms) => command(`pass(${ms})`, () => wait(ms))) },
    { weight: 1, arbitrary: fc.constant(command("restart", (run) => run.harness.restart())) },
    {
      weight: 2,
      arbitrary: fc.constantFrom("crash", "freeze").map((how) =>
        command(
          how,
          (run) => run.loseWorker(how),
          (run) => !run.disturbed,
        ),
      ),
    },
  ),
  { minLength: 30, maxLength: 50 },
);

function command(name: string, run: (run: Run) => Promise<void>, check = (_model: Run) => true): Command {
  return { check, run: (_model, real) => run(real), toString: () => name };
}
