import { z } from "zod";

/** Settings of mail and push. */
export const mailSettings = {
  SMTP_URL: z
    .url({ protocol: /^smtps?$/ })
    .optional()
    .describe(
      "where mail is handed over; absent: kept under DATA_DIR outside production, and in production none is sent",
    ),
  MAIL_FROM: z.string().min(3).max(300).optional().describe("needed with SMTP_URL: `Taskwire <taskwire@example.com>`"),
  MAIL_REPLY_DOMAIN: z
    .hostname()
    .toLowerCase()
    .optional()
    .describe("replies to `…@this` come back to the inbound webhook; absent: letters cannot be answered"),
  MAIL_INBOUND_SECRET: z.string().min(16).optional().describe("whoever knows it may hand over mail that arrived"),
  MAIL_TEMPLATES_DIR: z.string().optional().describe("templates of the same names here replace those of the product"),
  VAPID_PUBLIC_KEY: z
    .string()
    .optional()
    .describe("names this server to push services; absent: made at the first start"),
  VAPID_PRIVATE_KEY: z.string().optional().describe("needed with VAPID_PUBLIC_KEY"),
  VAPID_SUBJECT: z
    .string()
    .regex(/^(mailto:.+@.+|https:\/\/.+)$/, "must be mailto: or https:")
    .optional()
    .describe("needed with VAPID_PUBLIC_KEY: where push services reach who runs this server"),
};
