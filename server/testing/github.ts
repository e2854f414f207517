import { createHash, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

interface Email {
  readonly email: string;
  readonly primary: boolean;
  readonly verified: boolean;
}

/** Somebody as GitHub's API tells of them. */
export interface GitHubUser {
  readonly id: number;
  readonly login: string;
  readonly name: string | null;
  readonly emails: readonly Email[];
}

/** What GitHub answers over HTTP to an OAuth app (docs.github.com/apps/oauth-apps), as an Enterprise Server has it. */
export interface GitHub {
  readonly url: string;
  /** Who is at the screen; null: somebody who cancels. */
  user: GitHubUser | null;
  /** Answers 500 from now on. */
  ill: boolean;
  close(): Promise<void>;
}

export const app = { id: "Iv1.taskwire", secret: "a secret of the app" };
const basic = `Basic ${Buffer.from(`${app.id}:${app.secret}`).toString("base64")}`;

export async function startGitHub(): Promise<GitHub> {
  const codes = new Map<string, { user: GitHubUser; challenge: string; redirectUri: string }>();
  const tokens = new Map<string, GitHubUser>();
  const server = createServer((req, res) => {
    const url = new URL(req.url ?? "/", "http://localhost");
    const json = (status: number, body: unknown) =>
      res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    const user = tokens.get(req.headers.authorization?.replace("Bearer ", "") ?? "");
    if (github.ill) return json(500, {});
    switch (`${req.method} ${url.pathname}`) {
      case "GET /login/oauth/authorize": {
        const back = new URL(url.searchParams.get("redirect_uri") ?? "");
        back.searchParams.set("state", url.searchParams.get("state") ?? "");
        if (github.user) {
          const code = randomUUID();
          const challenge = url.searchParams.get("code_challenge") ?? "";
          codes.set(code, { user: github.user, challenge, redirectUri: url.searchParams.get("redirect_uri") ?? "" });
          back.searchParams.set("code", code);
        } else back.searchParams.set("error", "access_denied");
        return res.writeHead(302, { location: back.href }).end();
      }
      case "POST /login/oauth/access_token": {
        let body = "";
        req.on("data", (chunk) => {
          body += chunk;
        });
        req.on("end", () => {
          const form = new URLSearchParams(body);
          const found = codes.get(form.get("code") ?? "");
          codes.delete(form.get("code") ?? "");
          const hash = createHash("sha256").update(form.get("code_verifier") ?? "");
          const holds =
            found && hash.digest("base64url") === found.challenge && form.get("redirect_uri") === found.redirectUri;
          if (req.headers.authorization !== basic) return json(200, { error: "incorrect_client_credentials" });
          if (!holds) return json(200, { error: "bad_verification_code" }); // GitHub refuses with 200
          const token = randomUUID();
          tokens.set(token, found.user);
          return json(200, { access_token: token, token_type: "bearer", scope: "read:user,user:email" });
        });
        return;
      }
      case "GET /api/v3/user":
        return user ? json(200, { id: user.id, login: user.login, name: user.name, email: null }) : json(401, {});
      case "GET /api/v3/user/emails":
        return user ? json(200, user.emails) : json(401, {});
      default:
        return json(404, {});
    }
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const github: GitHub = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    user: null,
    ill: false,
    close: () => new Promise((closed) => server.close(() => closed())),
  };
  return github;
}
