import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { conflict } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";

export const projectKey = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z][A-Z0-9]{1,9}$/, "must be 2 to 10 letters and digits, beginning with a letter");

/** A task's key as people write it. */
export const taskKey = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z][A-Z0-9]{1,9}-[1-9]\d{0,8}$/, "must be like WEB-12");

/** The two parts of a task's key, `WEB` and `12` of `WEB-12`; null for what is none. */
export function partsOfKey(text: string): { project: string; number: number } | null {
  const { success, data } = taskKey.safeParse(text);
  if (!success) return null;
  const [project = "", number = ""] = data.split("-");
  return { project, number: Number(number) };
}

const ownersStatement = statement(
  "project.key-owners",
  `select key, project_id as "projectId" from projects.keys where organization_id = $1 and starts_with(key, $2)`,
);
interface Owner {
  key: string;
  projectId: string;
}

/**
 * Refuses a key that another project of the organization has, or had: links with it go on leading there. The
 * organization must be locked.
 *
 * @throws AppError `conflict`
 */
export async function requireOwnKey(
  ctx: Ctx,
  organizationId: string,
  key: string,
  projectId: string | null,
): Promise<void> {
  const owners = await ctx.sql.query<Owner>(ownersStatement, [organizationId, key]);
  if (owners.some((owner) => owner.key === key && owner.projectId !== projectId))
    throw conflict("Another project of the organization has this key, or had it.", { key });
}

/** The first free key of those that a name leads to. The organization must be locked. */
export async function freeKey(ctx: Ctx, organizationId: string, name: string): Promise<string> {
  const wanted = keyOf(name);
  const owners = await ctx.sql.query<Owner>(ownersStatement, [organizationId, wanted]);
  const taken = new Set(owners.map(({ key }) => key));
  if (!taken.has(wanted)) return wanted;
  for (let at = 2; ; at += 1) if (!taken.has(`${wanted}${at}`)) return `${wanted}${at}`;
}

/** `Website relaunch` → `WR`, `Website` → `WEB`; leaves room for a number behind it. */
function keyOf(name: string): string {
  const words = name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toUpperCase()
    .split(/[^A-Z0-9]+/)
    .filter(Boolean);
  const initials = words.map((word) => word[0]).join("");
  const key = (words.length > 1 ? initials : (words[0] ?? ""))
    .replace(/^[0-9]+/, "")
    .slice(0, words.length > 1 ? 5 : 3);
  return key.length >= 2 ? key : "PRJ";
}
