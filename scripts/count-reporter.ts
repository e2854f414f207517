import { writeFileSync } from "node:fs";
import type { Reporter } from "vitest/node";

export interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

/** Writes how many tests there were to the file named in `COUNT_FILE`; what breaks outside of a test counts as failed. */
export default class CountReporter implements Reporter {
  onTestRunEnd: NonNullable<Reporter["onTestRunEnd"]> = (modules, unhandledErrors) => {
    const count: Count = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      const failedBefore = count.failed;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state !== "pending") count[state] += 1;
      }
      if (module.state() === "failed" && count.failed === failedBefore) count.failed += 1;
    }
    const file = process.env["COUNT_FILE"];
    if (file) writeFileSync(file, JSON.stringify(count));
  };
}
