import type { AnyProcedure, AnyRouter } from "@trpc/server";
import { z } from "zod";
import type { Meta } from "../../routers/trpc.ts";
import { HttpRefusal } from "./http-refusal.ts";

export interface RestRoute {
  readonly procedure: AnyProcedure;
  readonly path: string;
  readonly method: string;
  readonly segments: readonly Segment[];
  /** The input's fields; null when the procedure takes no input. */
  readonly fields: Readonly<Record<string, z.ZodType>> | null;
}
type Segment = { readonly literal: string } | { readonly parameter: string };

export interface RestMatch {
  readonly route: RestRoute;
  readonly parameters: Readonly<Record<string, string>>;
}

export interface RestRoutes {
  /** @returns null for an address that no procedure has; the methods of those that have it, when none has this one */
  find(method: string, path: string): RestMatch | { readonly allowed: readonly string[] } | null;
}

/** The REST addresses of a router; where two patterns fit an address, the one with the earlier literal wins. */
export function restRoutes(router: AnyRouter): RestRoutes {
  const byLength = new Map<number, RestRoute[]>();
  for (const [path, procedure] of Object.entries(router._def.procedures as Record<string, AnyProcedure>)) {
    const { openapi } = (procedure._def.meta ?? {}) as Partial<Meta>;
    if (!openapi || openapi.enabled === false) continue;
    const segments = openapi.path.split("/").filter(Boolean).map(segmentOf);
    const routes = byLength.get(segments.length) ?? [];
    routes.push({ procedure, path, method: openapi.method, segments, fields: fieldsOf(procedure) });
    byLength.set(segments.length, routes);
  }
  for (const routes of byLength.values()) routes.sort(literalsFirst);

  return {
    find(method, path) {
      const parts = path.replace(/\/$/, "").split("/").slice(1);
      const fitting = (byLength.get(parts.length) ?? []).filter((route) => fits(route, parts));
      if (fitting.length === 0) return null;
      const wanted = method === "HEAD" ? "GET" : method;
      const route = fitting.find((route) => route.method === wanted);
      if (!route) return { allowed: allowedOf(fitting) };
      return { route, parameters: parametersOf(route, parts) };
    },
  };
}

const segmentOf = (text: string): Segment => {
  const parameter = /^\{(.+)\}$/.exec(text)?.[1];
  return parameter === undefined ? { literal: text } : { parameter };
};

function literalsFirst(one: RestRoute, other: RestRoute): number {
  for (const [at, segment] of one.segments.entries()) {
    const difference = Number("parameter" in segment) - Number("parameter" in other.segments[at]!);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** An id that a caller forgot is no address: `/tasks//watch` must not become `/tasks/watch`. */
const fits = ({ segments }: RestRoute, parts: readonly string[]) =>
  segments.every((segment, at) => ("parameter" in segment ? parts[at] !== "" : segment.literal === parts[at]));

function allowedOf(routes: readonly RestRoute[]): string[] {
  const methods = new Set(routes.map((route) => route.method));
  return [...methods, ...(methods.has("GET") ? ["HEAD"] : []), "OPTIONS"];
}

function parametersOf({ segments }: RestRoute, parts: readonly string[]): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const [at, segment] of segments.entries()) {
    if (!("parameter" in segment)) continue;
    try {
      parameters[segment.parameter] = decodeURIComponent(parts[at]!);
    } catch {
      throw new HttpRefusal(400, "The address is not percent-encoded as it should be.");
    }
  }
  return parameters;
}

function fieldsOf(procedure: AnyProcedure): Record<string, z.ZodType> | null {
  const inputs = (procedure._def as unknown as { inputs: readonly z.ZodType[] }).inputs;
  const objects = inputs.map(objectBelow).filter((input) => input !== null);
  return objects.length > 0 ? Object.assign({}, ...objects.map((object) => object.shape)) : null;
}

/** The object of an input, also below `.default()`, `.optional()` and transformations. */
function objectBelow(schema: z.ZodType): z.ZodObject | null {
  if (schema instanceof z.ZodObject) return schema;
  if (schema instanceof z.ZodPipe) return objectBelow(schema.in as z.ZodType);
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault)
    return objectBelow(schema.unwrap() as z.ZodType);
  return null;
}
