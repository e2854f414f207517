import { defineEntity, p } from "@mikro-orm/core";
import { mutable } from "./base.ts";

const UserSchema = defineEntity({
  name: "User",
  schema: "auth",
  tableName: "users",
  properties: {
    ...mutable,
    email: p.text(),
    name: p.text(),
    passwordHash: p.text().nullable().hidden(),
    disabledAt: p.datetime().nullable(),
  },
});
export class User extends UserSchema.class {}
UserSchema.setClass(User);
