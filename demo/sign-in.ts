import { createTaskwire, type Taskwire } from "../client/index.ts";

const password = "taskwire-demo";

/** A client for one of the demo's people. */
export async function signIn(url: string, email: string): Promise<Taskwire> {
  const response = await fetch(`${url}/api/v1/auth/login/`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username: email, password }),
  });
  const { access } = (await response.json()) as { access?: string };
  if (!access) throw new Error(`${email} cannot sign in`);
  return createTaskwire({ url, getToken: () => access, maxAttempts: 30 }); // patient: one of them is cut off
}
