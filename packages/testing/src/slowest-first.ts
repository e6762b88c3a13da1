import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Folders with the longest files, longest first: they start processes, or run workers against queues. */
const SLOW_FOLDERS = ["packages/testing/e2e/", "apps/worker/test/"];

/**
 * Starts the files of slow folders first, so that no worker is left with a long file when the others are done. Vitest's
 * own order, which knows durations of earlier runs only, decides within a folder.
 */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, two) => rank(one) - rank(two));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const index = SLOW_FOLDERS.findIndex((folder) => moduleId.includes(folder));
  return index === -1 ? SLOW_FOLDERS.length : index;
}
