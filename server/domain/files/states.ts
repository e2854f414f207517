import { ruleBroken } from "../../errors.ts";
import type { FileView } from "./file.view.ts";

/** @throws AppError `rule.broken` */
export function requireReady(state: FileView["state"]): void {
  if (state === "inspecting") {
    throw ruleBroken("file.inspecting", "This file is still being looked through; try again in a moment.");
  }
  requireNotLocked(state);
}

/** @throws AppError `rule.broken` */
export function requireNotLocked(state: FileView["state"]): void {
  if (state === "locked") throw ruleBroken("file.locked", "Something harmful was found in this file; it stays locked.");
}
