import { z } from "zod";
import { startTimer, startTimerInput } from "../server/domain/time/start-timer.ts";
import { discardTimer, discardTimerInput, stopTimer, stopTimerInput } from "../server/domain/time/stop-timer.ts";
import { switchedSchema, switchTimer, switchTimerInput } from "../server/domain/time/switch-timer.ts";
import { timeEntryViewSchema, timerViewSchema } from "../server/domain/time/time.view.ts";
import { findMyTimer } from "../server/domain/time/timer.access.ts";
import { updateTimer, updateTimerInput } from "../server/domain/time/update-timer.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

export const timers = router({
  current: procedure
    .meta(
      rest("GET /timer", "Read my timer", {
        access: "signed-in",
        scope: "time.read-own",
        description: "null while none runs. Follow it live in `user:<id>`.",
      }),
    )
    .input(z.strictObject({}))
    .output(timerViewSchema.nullable())
    .query(({ ctx }) => findMyTimer(ctx)),

  start: procedure
    .meta(
      rest("POST /projects/{projectId}/timer", "Start my timer", {
        access: "time.log",
        description: "One runs at most, on all my devices and in all my organizations.",
      }),
    )
    .input(mutates(startTimerInput))
    .output(timerViewSchema)
    .mutation(({ ctx, input }) => startTimer(ctx, input)),

  switch: procedure
    .meta(
      rest("POST /projects/{projectId}/timer/switch", "Switch my timer to other work", {
        access: "time.log",
        description: "The time so far is booked; it goes on from this moment. Starts one where none runs.",
      }),
    )
    .input(mutates(switchTimerInput))
    .output(switchedSchema)
    .mutation(({ ctx, input }) => switchTimer(ctx, input)),

  update: procedure
    .meta(rest("PATCH /timer", "Correct what my timer says", { access: "signed-in", scope: "time.log" }))
    .input(mutates(updateTimerInput))
    .output(timerViewSchema)
    .mutation(({ ctx, input }) => updateTimer(ctx, input)),

  stop: procedure
    .meta(
      rest("POST /timer/stop", "Stop my timer and book its time", {
        access: "signed-in",
        scope: "time.log",
        description: "On the day it began, rounded as the organization does.",
      }),
    )
    .input(mutates(stopTimerInput))
    .output(timeEntryViewSchema)
    .mutation(({ ctx, input }) => stopTimer(ctx, input)),

  discard: procedure
    .meta(
      rest("POST /timer/discard", "End my timer without booking its time", { access: "signed-in", scope: "time.log" }),
    )
    .input(mutates(discardTimerInput))
    .output(z.object({ id: z.uuid() }))
    .mutation(({ ctx }) => discardTimer(ctx)),
});
