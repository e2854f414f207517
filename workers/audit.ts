import { forgetAudits } from "../server/domain/forget-audits.ts";
import { defineSchedule } from "./schedule.ts";

/** Removes what the audit log need not keep any longer, where AUDIT_RETENTION_DAYS says so. */
export const forgetOldAudits = defineSchedule({ name: "audit.retention", cron: "20 3 * * *", handle: forgetAudits });
