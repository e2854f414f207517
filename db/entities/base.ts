import { p } from "@mikro-orm/core";
import { v7 } from "uuid";

/** Ids are UUIDv7 (RFC 9562 §5.7): sortable by time of creation, made by the process so that a change can name its entity. */
export const base = {
  id: p
    .uuid()
    .primary()
    .onCreate(() => v7()),
  createdAt: p.datetime().onCreate(() => new Date()),
};

/** `version` rises with every change; clients send it back, so that a stale edit is refused. */
export const mutable = {
  ...base,
  updatedAt: p
    .datetime()
    .onCreate(() => new Date())
    .onUpdate(() => new Date()),
  version: p.integer().version(),
};
