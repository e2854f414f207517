import { randomUUID } from "node:crypto";
import type { Actor } from "../context.ts";
import type { SignedIn } from "../domain/auth/auth.view.ts";
import { type SignInInput, signIn } from "../domain/auth/sign-in.ts";
import { openTestApp } from "./app.ts";
import { type Caller, Scene, test as withScene } from "./scene.ts";

export const password = "correct horse battery";

/** A session that began as a person's does, by register and signIn. */
export interface Account extends SignedIn {
  readonly email: string;
  readonly actor: Actor;
  /** The router, called with this session. */
  readonly caller: Caller;
}

/** Somebody registered and signed in. */
export async function buildAccount(scene: Scene): Promise<Account> {
  const email = `${randomUUID()}@example.test`;
  await scene.caller(null).auth.register({ email, name: "Ada Lovelace", password });
  return buildSession(scene, email);
}

/** Another session of a registered person. */
export async function buildSession(scene: Scene, email: string): Promise<Account> {
  const signedIn = await scene.caller(null).auth.signIn({ email, password });
  const actor = { userId: signedIn.user.id, sessionId: signedIn.session.id };
  return { ...signedIn, email, actor, caller: scene.caller(actor) };
}

/** Signs in as a browser does, and catches the cookie. */
export async function signInByCookie(scene: Scene, input: Omit<SignInInput, "cookie">) {
  const headers: string[] = [];
  const ctx = scene.ctx(null);
  const catching = { ...ctx, origin: { ...ctx.origin, setCookie: (header: string) => void headers.push(header) } };
  const signedIn = await signIn(catching, { ...input, cookie: true });
  const setCookie = headers.join();
  return { signedIn, setCookie, cookie: setCookie.split(";")[0]! };
}

/** `test` with a scene whose accounts may be tried as often as one likes. */
export const test = withScene.override("scene", { scope: "file" }, async ({ task: _ }, { onCleanup }) => {
  const { app, close } = await openTestApp({ AUTH_LIMIT_PER_MINUTE: "100000" });
  onCleanup(close);
  return new Scene(app);
});
