import type { Server as HttpServer } from "node:http";
import type { Pool } from "pg";
import { Server } from "socket.io";
import { z } from "zod";
import { projectRoleSql } from "../../server/domain/projects/project.access.ts";
import type { Actor, Change } from "./contract.ts";

const joinInput = z.strictObject({
  channel: z.string().max(100),
  since: z.int().min(0).optional(),
  epoch: z.uuid().optional(),
});

interface Row extends Change {
  head: number;
  mutationId: string | undefined;
}

/** Rooms, and what was missed from the feed; the same words on the wire as ours. */
export function serveLive(
  server: HttpServer,
  pool: Pool,
  epoch: string,
  signIn: (token: string) => Promise<Actor>,
): (change: Change) => void {
  const io = new Server(server, { transports: ["websocket"], serveClient: false });

  io.use((socket, next) => {
    signIn(String(socket.handshake.auth["token"])).then(
      (actor) => {
        socket.data = actor;
        next();
      },
      (error) => next(error),
    );
  });

  io.on("connection", (socket) => {
    socket.on("channel:join", async (request: unknown, answer: (answer: object) => void) => {
      const input = joinInput.safeParse(request);
      if (!input.success) return answer({ ok: false, error: "validation.failed" });
      const { channel, since } = input.data;
      const { rowCount } = await pool.query({
        name: "may-join",
        text: `select from projects.projects p where p.id = $1 and ${projectRoleSql("p", "$2")} > 0`,
        values: [channel.slice("project:".length), socket.data.userId],
      });
      if (!rowCount) return answer({ ok: false, error: "not-found" });
      await socket.join(channel); // before the feed is read, so that nothing falls between
      answer({ ok: true, epoch, ...(await missed(pool, channel, since)) });
    });
  });

  return (change) => {
    const frame = { channel: change.channel, epoch, from: change.seq - 1, to: change.seq, changes: [change] };
    io.to(change.channel).emit("changes", frame);
  };
}

async function missed(pool: Pool, channel: string, since: number | undefined) {
  const { rows } = await pool.query<Row>({
    name: "missed",
    text: `select coalesce(h.seq, 0) as head, c.channel, c.seq, c.id, c.at, c.actor_id as "actorId", c.type, c.entity, c.op,
        c.entity_id as "entityId", c.patch, c.mutation_id as "mutationId"
      from (values ($1)) as asked (channel)
      left join feed.heads h on h.channel = asked.channel
      left join lateral (select * from feed.changes c where c.channel = asked.channel and c.seq > $2 order by c.seq limit 1000) c on true
      order by c.seq`,
    values: [channel, since ?? Number.MAX_SAFE_INTEGER],
  });
  const head = rows[0]?.head ?? 0;
  const changes = rows.flatMap(({ head: _, mutationId, ...change }) =>
    change.id ? [mutationId ? { ...change, mutationId } : change] : [],
  );
  return since !== undefined && head - since > 1_000 ? { head, resync: true } : { head, changes };
}
