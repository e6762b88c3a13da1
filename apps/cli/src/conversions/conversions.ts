import { userInfo } from "node:os";
import { type Environment, HELD_REASONS, uuidv7 } from "@millrace/core";
import { createConversionReport } from "@millrace/db";
import { printJson, printTable } from "../print.ts";
import { withDatabase } from "../database.ts";

/** Longest table, in rows. */
const MAX_ROWS = 100;

/** `millrace conversions` */
export async function printConversions(environment: Environment, { json }: { json?: true }): Promise<void> {
  const { days, rejections, batches } = await withDatabase(environment, async (database) => {
    const report = createConversionReport(database, uuidv7);
    return {
      days: await report.days(MAX_ROWS),
      rejections: await report.rejections(MAX_ROWS),
      batches: await report.batches(MAX_ROWS),
    };
  });
  if (json) {
    printJson({ days, rejections, batches });
    return;
  }
  printTable(days, "no conversions yet");
  if (rejections.length > 0) {
    process.stdout.write(
      "Conversions without a reason above. The platform reports only how many it refused per reason:\n",
    );
    console.table(rejections);
  }
  if (batches.length > 0) {
    process.stdout.write(
      "Requests with errors or warnings. The platform does not report which conversions they concern:\n",
    );
    console.table(
      batches.map((batch) => ({
        ...batch,
        errors: countsPerReason(batch.errors),
        warnings: countsPerReason(batch.warnings),
      })),
    );
  }
}

/** `millrace conversions release` */
export async function releaseConversions(
  environment: Environment,
  { withoutConsent, reason, json }: { withoutConsent?: true; reason?: string; json?: true },
): Promise<void> {
  const heldFor = withoutConsent ? HELD_REASONS : (["switched_off"] as const);
  const released = await withDatabase(environment, (database) =>
    createConversionReport(database, uuidv7).release(heldFor, { actor: userInfo().username, reason }),
  );
  if (json) printJson({ released });
  else process.stdout.write(`${released} released\n`);
}

function countsPerReason(reasons: readonly { reason: string; count: number }[]): string {
  return reasons.map(({ reason, count }) => `${count} ${reason}`).join(", ");
}
