import type { TemplateContent, TemplateTask } from "./template.view.ts";

const usual: TemplateContent["settings"] = {
  features: { fields: true, sprints: true, milestones: true, recurrence: true },
  ...{ workflow: "free", blockedStayOpen: false, subtasksFirst: false, severalActiveSprints: false },
  defaults: { status: null, priority: "none", dueInDays: null },
};

const statuses = (...rows: (readonly [string, TemplateContent["statuses"][number]["category"], (number | null)?])[]) =>
  rows.map(([name, category, wipLimit = null]) => ({ name, category, wipLimit }));

const empty = {
  ...{ transitions: [], fields: [], labels: [], people: [], placeholders: [] },
  ...{ sprints: [], milestones: [], tasks: [], links: [], recurrences: [] },
};

const task = (title: string, days: number, others: Partial<TemplateTask> = {}): TemplateTask => ({
  ...{ title, description: "", status: "To do", priority: "none", labels: [], estimateMinutes: null },
  ...{ startInDays: null, dueInDays: days, parent: null, fields: {} },
  ...{ sprint: null, milestone: null, assignees: [] },
  ...others,
});

export const builtInNames = ["kanban", "scrum", "bugs", "launch"] as const;

/** What comes with the product. */
export const builtInTemplates: Record<(typeof builtInNames)[number], TemplateContent> = {
  /** Work flows through limited columns. */
  kanban: {
    ...empty,
    settings: { ...usual, features: { ...usual.features, sprints: false } },
    statuses: statuses(["Ready", "todo"], ["Doing", "in_progress", 3], ["Review", "in_progress", 3], ["Done", "done"]),
    labels: [{ name: "Expedite", color: "#d73a4a" }],
  },
  /** Sprints, and what is done is done with all that belongs to it. */
  scrum: {
    ...empty,
    settings: { ...usual, subtasksFirst: true },
    statuses: statuses(
      ...([
        ["Backlog", "backlog"],
        ["To do", "todo"],
        ["In progress", "in_progress"],
      ] as const),
      ...([
        ["Review", "in_progress"],
        ["Done", "done"],
      ] as const),
    ),
    fields: [{ name: "Story points", description: "", kind: "number", choices: [] }],
    sprints: [{ name: "Sprint 1", goal: "", startsInDays: 0, endsInDays: 13 }],
    labels: [
      { name: "Story", color: "#0e8a16" },
      { name: "Bug", color: "#d73a4a" },
    ],
  },
  /** Reports are looked at, fixed and verified, and no step is left out. */
  bugs: {
    ...empty,
    settings: { ...usual, workflow: "restricted" },
    statuses: statuses(
      ...([
        ["New", "backlog"],
        ["Accepted", "todo"],
        ["Fixing", "in_progress"],
      ] as const),
      ...([
        ["Verifying", "in_progress"],
        ["Closed", "done"],
        ["Rejected", "cancelled"],
      ] as const),
    ),
    fields: [
      {
        ...{ name: "Severity", description: "", kind: "choice" },
        choices: [
          { name: "Minor", color: "#0e8a16" },
          { name: "Major", color: "#fbca04" },
          { name: "Critical", color: "#d73a4a" },
        ],
      },
      { name: "Steps", description: "How to see it", kind: "text", choices: [] },
    ],
    transitions: (
      [
        ["New", "Accepted", ["Severity"]],
        ["New", "Rejected", []],
        ["Accepted", "Fixing", []],
        ["Fixing", "Verifying", []],
        ["Verifying", "Closed", []],
        ["Verifying", "Fixing", []],
        ["Closed", "Accepted", []],
        ["Rejected", "New", []],
      ] as [string, string, string[]][]
    ).map(([from, to, requiredFields]) => ({ from, to, allowed: [], required: [], requiredFields })),
  },
  /** Eight weeks to a day that everybody waits for. */
  launch: {
    ...empty,
    settings: { ...usual, blockedStayOpen: true },
    statuses: statuses(["To do", "todo"], ["In progress", "in_progress"], ["Done", "done"]),
    labels: [
      { name: "Product", color: "#1d76db" },
      { name: "Marketing", color: "#8e6bbf" },
    ],
    tasks: [
      task("Agree on goal and audience", 7, { priority: "high", startInDays: 0 }),
      task("Finish the product", 35, { labels: ["Product"], startInDays: 7 }),
      task("Test with first customers", 28, { labels: ["Product"], parent: 1 }),
      task("Write the announcement", 42, { labels: ["Marketing"] }),
      task("Prepare support", 49),
      task("Launch", 56, { priority: "urgent" }),
      task("Look back", 63),
    ].map((one) => ({ ...one, milestone: one.title === "Look back" ? null : "Launch" })),
    milestones: [{ name: "Launch", description: "", dueInDays: 56 }],
    links: [1, 3, 4].map((blocker) => ({ blocker, blocked: 5 })),
  },
};
