import type { IncomingMessage, ServerResponse } from "node:http";
import { create as contentDisposition } from "content-disposition";
import { z } from "zod";
import type { App } from "../context.ts";
import { renderChart } from "../domain/analytics/charts/render.ts";
import { figures, pictureFields } from "../domain/analytics/figures.ts";
import { toCsv } from "../domain/analytics/table.ts";
import { errorCodes, toAppError } from "../errors.ts";
import { type Authenticate, logFailure, signedIn } from "./call.ts";
import { methodRefused, unknownAddress } from "./http-refusal.ts";
import { recordOf } from "./request.ts";
import { sendError } from "./respond.ts";
import { queryOf } from "./rest-values.ts";

const address = /^\/api\/v1\/analytics\/([a-z-]+)\.(svg|csv)$/;

/** Whether a request is for a figure's picture or table, rather than its data. */
export const isFigure = (url: string): boolean => /^\/api\/v1\/analytics\/[a-z-]+\.(svg|csv)(\?|$)/.test(url);

/** Nothing in a picture runs or loads, wherever it is opened. */
const sandbox = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/**
 * Figures as pictures and tables: `GET /api/v1/analytics/burn-down.svg?scope=…` takes what the procedure takes, and for
 * pictures `by`, `width` and `height`.
 */
export function figureHandler(app: App, authenticate: Authenticate) {
  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const [path = ""] = (req.url ?? "").split("?", 1);
    const [, name = "", format] = address.exec(path) ?? [];
    const figure = figures.get(name);
    if (!figure) throw unknownAddress();
    if (req.method !== "GET" && req.method !== "HEAD") throw methodRefused(["GET", "HEAD"]);
    recordOf(req).route = "rest";
    recordOf(req).procedure = `analytics.${figure.procedure}`;

    const ctx = await signedIn(app, authenticate, req, res, figure.scope);
    const schema = z.strictObject({ ...figure.input.shape, ...(format === "svg" ? pictureFields : {}) });
    const { by, width, height, ...input }: Record<string, unknown> = queryOf(schema, req.url);
    const drawn = await figure.draw(ctx, input);

    res.setHeader("cache-control", "private, no-cache");
    res.setHeader("x-content-type-options", "nosniff");
    if (format === "svg") {
      res.setHeader("content-type", "image/svg+xml; charset=utf-8");
      res.setHeader("content-security-policy", sandbox);
      const picture = pictureFields.by.parse(by);
      res.end(await renderChart(drawn.chart(picture), { width: Number(width), height: Number(height) }));
    } else {
      res.setHeader("content-type", "text/csv; charset=utf-8");
      res.setHeader("content-disposition", contentDisposition(`${name}.csv`));
      res.end(toCsv(drawn.table()));
    }
  }

  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    try {
      await answer(req, res);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.status >= errorCodes.internal) logFailure(app, req, null, error);
      sendError(req, res, error);
    }
  };
}
