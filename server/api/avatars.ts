import { Router } from "express";
import type { App } from "../context.ts";
import { contextOf } from "../context.ts";
import { findAvatar, setAvatar } from "../domain/files/avatar.ts";
import { type Authenticate, signedIn } from "./call.ts";
import { sendDownload } from "./files-download.ts";
import { calls, recordOf } from "./request.ts";
import { sendJson } from "./respond.ts";

/**
 * Pictures of people, below /avatars:
 *
 * - `PUT /avatars/me` takes one, its bytes as the body, and answers the account
 * - `GET /avatars/{avatarId}` shows one, to whoever knows its id
 */
export function avatars(app: App, authenticate: Authenticate): Router {
  return Router()
    .use(calls("users.avatar"))
    .put("/me", async (req, res) => {
      const ctx = await signedIn(app, authenticate, req, res, "account");
      sendJson(req, res, 200, JSON.stringify(await setAvatar(ctx, req)));
    })
    .get("/:avatarId", async (req, res) => {
      const ctx = contextOf(app, null, recordOf(req).origin);
      await sendDownload(app, req, res, await findAvatar(ctx, req.params.avatarId));
    });
}
