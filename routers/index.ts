import { auth } from "./auth.ts";
import { sync } from "./sync.ts";
import { tasks } from "./tasks.ts";
import { router } from "./trpc.ts";

/** The one tree: every procedure of the product, typed end to end. */
export const appRouter = router({ auth, sync, tasks });

export type AppRouter = typeof appRouter;
