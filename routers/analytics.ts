import { burnSchema, readBurn } from "../server/domain/analytics/burn.ts";
import { cumulativeFlowSchema, readCumulativeFlow } from "../server/domain/analytics/cumulative-flow.ts";
import { cycleTimeSchema, readCycleTime } from "../server/domain/analytics/cycle-time.ts";
import { forecastInput, forecastSchema, readForecast } from "../server/domain/analytics/forecast.ts";
import {
  figureTasksSchema,
  listFigureTasks,
  listFigureTasksInput,
} from "../server/domain/analytics/list-figure-tasks.ts";
import {
  listTimeSpentTasks,
  listTimeSpentTasksInput,
  timeSpentTasksSchema,
} from "../server/domain/analytics/list-time-spent-tasks.ts";
import { overdueSchema, readOverdueTasks } from "../server/domain/analytics/overdue.ts";
import { figureInput } from "../server/domain/analytics/period.ts";
import { readThroughput, throughputSchema } from "../server/domain/analytics/throughput.ts";
import { readTimeInStatus, timeInStatusSchema } from "../server/domain/analytics/time-in-status.ts";
import { readTimeSpent, timeSpentSchema } from "../server/domain/analytics/time-spent.ts";
import { readVelocity, velocityInput, velocitySchema } from "../server/domain/analytics/velocity.ts";
import { readWorkInProgress, workInProgressSchema } from "../server/domain/analytics/work-in-progress.ts";
import { readWorkload, workloadInput, workloadSchema } from "../server/domain/analytics/workload.ts";
import { described, procedure, rest, router } from "./trpc.ts";

const figure = (name: string, summary: string, description: string, scope?: string) =>
  rest(`GET /analytics/${name}`, summary, {
    access: "analytics.read",
    ...(scope ? { scope } : {}),
    description: `${description} Also as a picture (\`/analytics/${name}.svg\`) and a table (\`/analytics/${name}.csv\`), with the same query.`,
  });

export const analytics = router({
  burnDown: procedure
    .meta(figure("burn-down", "What remains to be done, day by day", "By tasks and by estimates."))
    .input(figureInput)
    .output(described(burnSchema))
    .query(({ ctx, input }) => readBurn(ctx, input)),

  burnUp: procedure
    .meta(figure("burn-up", "What is done, and how much there is in all", "By tasks and by estimates."))
    .input(figureInput)
    .output(described(burnSchema))
    .query(({ ctx, input }) => readBurn(ctx, input)),

  cumulativeFlow: procedure
    .meta(figure("cumulative-flow", "How many tasks stood in each category", "At the end of each day, week or month."))
    .input(figureInput)
    .output(described(cumulativeFlowSchema))
    .query(({ ctx, input }) => readCumulativeFlow(ctx, input)),

  velocity: procedure
    .meta(figure("velocity", "What sprints began with and got done", "Of the latest sprints that were started."))
    .input(velocityInput)
    .output(described(velocitySchema))
    .query(({ ctx, input }) => readVelocity(ctx, input)),

  throughput: procedure
    .meta(figure("throughput", "How many tasks were completed, and created", "Each counts when it was last completed."))
    .input(figureInput)
    .output(described(throughputSchema))
    .query(({ ctx, input }) => readThroughput(ctx, input)),

  cycleTime: procedure
    .meta(figure("cycle-time", "How long completed tasks took", "Cycle and lead time, with percentiles."))
    .input(figureInput)
    .output(described(cycleTimeSchema))
    .query(({ ctx, input }) => readCycleTime(ctx, input)),

  timeInStatus: procedure
    .meta(figure("time-in-status", "How long completed tasks were in each status", "All visits together."))
    .input(figureInput)
    .output(described(timeInStatusSchema))
    .query(({ ctx, input }) => readTimeInStatus(ctx, input)),

  workInProgress: procedure
    .meta(figure("work-in-progress", "What was started and is not finished, and its age", "The oldest comes first."))
    .input(figureInput)
    .output(described(workInProgressSchema))
    .query(({ ctx, input }) => readWorkInProgress(ctx, input)),

  workload: procedure
    .meta(
      figure("workload", "Who has how much to do now", "Only the caller, unless they may see what single people do."),
    )
    .input(workloadInput)
    .output(described(workloadSchema))
    .query(({ ctx, input }) => readWorkload(ctx, input)),

  overdue: procedure
    .meta(figure("overdue", "How many open tasks were past their due day", "A task is not overdue on that day itself."))
    .input(figureInput)
    .output(described(overdueSchema))
    .query(({ ctx, input }) => readOverdueTasks(ctx, input)),

  forecast: procedure
    .meta(
      figure(
        "forecast",
        "When the open tasks, or so many, will be done",
        "10,000 runs at random over the throughput of the past days; the same history answers the same.",
      ),
    )
    .input(forecastInput)
    .output(described(forecastSchema))
    .query(({ ctx, input }) => readForecast(ctx, input)),

  timeSpent: procedure
    .meta(
      figure(
        "time-spent",
        "How much time was spent, billable and not",
        "On the days that it was booked for, by people and projects, and beside the estimates of its tasks. The caller's own time, and others' where they may read it.",
        "time.read-own",
      ),
    )
    .input(figureInput)
    .output(described(timeSpentSchema))
    .query(({ ctx, input }) => readTimeSpent(ctx, input)),

  timeSpentTasks: procedure
    .meta(
      rest("GET /analytics/time-spent/tasks", "List the tasks that time was spent on", {
        access: "analytics.read",
        scope: "time.read-own",
        description: "Most first, each with its minutes in the period, and all of them beside its estimate.",
      }),
    )
    .input(listTimeSpentTasksInput)
    .output(described(timeSpentTasksSchema))
    .query(({ ctx, input }) => listTimeSpentTasks(ctx, input)),

  tasks: procedure
    .meta(rest("GET /analytics/tasks", "List the tasks behind a figure", { access: "analytics.read" }))
    .input(listFigureTasksInput)
    .output(described(figureTasksSchema))
    .query(({ ctx, input }) => listFigureTasks(ctx, input)),
});
