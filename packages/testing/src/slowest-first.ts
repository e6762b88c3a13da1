import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Paths of the longest files, longest first. The folders contain files that start processes, or run workers against
 * queues. The operator's browser is between chaos and order, because those two start more processes than two cores can
 * start at once.
 */
const LONGEST = [
  "packages/testing/e2e/chaos.",
  "packages/testing/e2e/operator.",
  "packages/testing/e2e/order.",
  "packages/testing/e2e/",
  "apps/worker/test/",
];

/**
 * Starts the longest files first, so that no worker is left with a long file when the others are done. Vitest's own
 * order, which knows durations of earlier runs only, decides within a folder.
 */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, two) => rank(one) - rank(two));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const index = LONGEST.findIndex((path) => moduleId.includes(path));
  return index === -1 ? LONGEST.length : index;
}
