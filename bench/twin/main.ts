// The twin that ours is measured against: Express + pg + Socket.IO. KIND=naive|best, DATABASE_URL, PORT, JWT_PRIVATE_KEY, PUBLIC_URL.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import express, { type NextFunction, type Request, type Response } from "express";
import { z } from "zod";
import { bestStore } from "./best.ts";
import { type Actor, type Call, createInput, moveInput, renameInput, type Written } from "./contract.ts";
import { openPool, Refusal } from "./database.ts";
import { serveLive } from "./live.ts";
import { naiveStore } from "./naive.ts";
import { createSignIn } from "./sign-in.ts";

const { KIND, DATABASE_URL = "", PORT, JWT_PRIVATE_KEY = "", PUBLIC_URL = "" } = process.env;
const callsPerMinute = 1_000_000_000;

const pool = openPool(DATABASE_URL);
const store = KIND === "best" ? bestStore(pool) : naiveStore(pool);
const signIn = createSignIn(pool, JWT_PRIVATE_KEY, PUBLIC_URL);
const app = express().disable("x-powered-by").disable("etag");
const server = createServer(app);
const { rows } = await pool.query<{ epoch: string }>("select epoch from feed.life");
const emit = serveLive(server, pool, rows[0]!.epoch, signIn);

let spent = new Map<string, number>();
setInterval(() => {
  spent = new Map();
}, 60_000).unref();

function spend(userId: string): void {
  const calls = (spent.get(userId) ?? 0) + 1;
  if (calls > callsPerMinute) throw new Refusal(429, "rate-limited");
  spent.set(userId, calls);
}

app.get("/health", (_req, res) => res.json({ status: "ok" }));
app.use(async (req: Request, res: Response, next: NextFunction) => {
  const token = /^Bearer (.+)$/.exec(req.headers.authorization ?? "")?.[1];
  if (!token) throw new Refusal(401, "auth.required");
  const actor = await signIn(token);
  spend(actor.userId);
  res.locals["actor"] = actor;
  next();
});
app.use(express.json({ limit: "1mb" }));

const mutation =
  <Schema extends z.ZodType<{ mutationId?: string | undefined }>>(
    schema: Schema,
    act: (call: Call, input: z.output<Schema>) => Promise<Written>,
  ) =>
  async (req: Request, res: Response) => {
    const input = schema.parse(req.body);
    const requestHash = input.mutationId
      ? createHash("sha256").update(req.path).update(JSON.stringify(req.body)).digest("base64url")
      : null;
    const { task, changes } = await act(
      { actor: res.locals["actor"], now: new Date().toISOString(), requestHash },
      input,
    );
    for (const change of changes) emit(change);
    res.json(task);
  };

app.post("/tasks/create", mutation(createInput, store.create));
app.post("/tasks/rename", mutation(renameInput, store.rename));
app.post("/tasks/move", mutation(moveInput, store.move));
app.get("/boards/:projectId", async (req, res) => {
  const board = await store.board(res.locals["actor"] as Actor, z.uuid().parse(req.params["projectId"]));
  if (typeof board === "string") res.type("json").send(board);
  else res.json(board);
});

app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
  if (error instanceof Refusal) return res.status(error.status).json({ error: error.code, message: error.code });
  if (error instanceof z.ZodError) return res.status(400).json({ error: "validation.failed", message: error.message });
  console.error(error);
  return res.status(500).json({ error: "internal", message: "internal" });
});

server.listen(Number(PORT), "127.0.0.1");
process.once("SIGTERM", () => process.exit(0));
