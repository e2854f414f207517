import { v7 } from "uuid";
import type { Actor } from "../context.ts";
import type { Scene } from "./scene.ts";

/** An identity that somebody can sign in with. */
export async function buildIdentity(scene: Scene, { userId }: Actor): Promise<string> {
  const id = v7();
  await scene.app.sql.query(
    `insert into auth.identities (id, user_id, provider, issuer, subject, email, name, created_at)
     values ($1::uuid, $2, 'github', 'https://github.com', $1::uuid::text, 'somebody@example.test', 'Somebody', now())`,
    [id, userId],
  );
  return id;
}
