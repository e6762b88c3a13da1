import { userInfo } from "node:os";
import { parseArgs } from "node:util";
import { type Environment, HELD_REASONS, uuidv7 } from "@millrace/core";
import { createConversionReport } from "@millrace/db";
import { withStores } from "../stores.ts";
import { UsageError } from "../usage.ts";

/** Lines that are shown. */
const MOST = 100;

/** `millrace conversions` */
export const conversions = {
  usage: `conversions [--json]                     count conversions per day and reason
  millrace conversions release [--without-consent] [--reason <text>]  have held ones uploaded`,
  async run(args: string[], environment: Environment): Promise<void> {
    const { positionals, values } = parse(args);
    const [verb = "report", ...others] = positionals;
    if (others.length > 0 || !["report", "release"].includes(verb)) throw new UsageError("which? report, release");
    await withStores(environment, async ({ database }) => {
      const report = createConversionReport(database, uuidv7);
      if (verb === "release") {
        const heldFor = values["without-consent"] ? HELD_REASONS : (["switched_off"] as const);
        const released = await report.release(heldFor, { actor: userInfo().username, reason: values.reason });
        process.stdout.write(values.json ? `${JSON.stringify({ released })}\n` : `${released} released\n`);
        return;
      }
      const days = await report.days(MOST);
      const [refusals, batches] = [await report.refusals(MOST), await report.batches(MOST)];
      if (values.json) {
        process.stdout.write(`${JSON.stringify({ days, refusals, batches })}\n`);
        return;
      }
      console.table(days);
      if (refusals.length > 0) {
        process.stdout.write("refused of those without a reason, as Google tells not which:\n");
        console.table(refusals);
      }
      if (batches.length > 0) {
        process.stdout.write("requests of which Google refused or warned of some, without telling which:\n");
        console.table(batches.map((batch) => ({ ...batch, ...told(batch) })));
      }
    });
  },
};

function told({ errors, warnings }: Record<"errors" | "warnings", readonly { reason: string; count: number }[]>) {
  const inWords = (reasons: typeof errors) => reasons.map(({ reason, count }) => `${count} ${reason}`).join(", ");
  return { errors: inWords(errors), warnings: inWords(warnings) };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        reason: { type: "string" },
        "without-consent": { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
