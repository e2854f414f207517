/** The import arrow: routers | realtime | workers → server/domain → server/platform → db; and between domains, one way. */
const domains = [
  "auth",
  "organizations",
  "projects",
  "tasks",
  "time",
  "files",
  "comments",
  "notifications",
  "analytics",
];

const edges = "^(routers|realtime|workers)/";
/** Tests and their scenes stand outside the arrow: they drive the product through its edges. */
const notTests = "\\.test\\.ts$|^server/testing/";

module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "domain-knows-no-edge",
      severity: "error",
      from: { path: "^server/domain/", pathNot: notTests },
      to: { path: `${edges}|^server/(main|serve|api)\\.ts$` },
    },
    {
      name: "platform-knows-no-domain",
      severity: "error",
      from: { path: "^server/platform/", pathNot: notTests },
      to: { path: `^server/domain/|${edges}|^server/(main|serve|api)\\.ts$` },
    },
    {
      name: "db-knows-nobody",
      severity: "error",
      from: { path: "^db/(orm\\.ts|entities/|migrations/)", pathNot: notTests },
      to: { path: `^server/|${edges}` },
    },
    {
      name: "edges-do-not-know-main",
      severity: "error",
      from: { path: edges, pathNot: notTests },
      to: { path: "^server/(main|serve|api)\\.ts$|^server/testing/" },
    },
    ...domains.slice(0, -1).map((domain, at) => ({
      name: `${domain}-knows-no-later-domain`,
      severity: "error",
      from: { path: `^server/domain/${domain}/`, pathNot: notTests },
      to: { path: `^server/domain/(${domains.slice(at + 1).join("|")})/` },
    })),
    {
      name: "client-imports-only-types-of-the-server",
      severity: "error",
      from: { path: "^client/", pathNot: "\\.test(-d)?\\.ts$" },
      to: { path: "^(server|routers|realtime|workers|db)/", dependencyTypesNot: ["type-only"] },
    },
  ],
  options: {
    parser: "swc", // TypeScript 7 has no API yet
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "node_modules" },
  },
};
