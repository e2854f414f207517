import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import { Argument, type Command, Option } from "commander";
import { z } from "zod";
import { type App, contextOf } from "../server/context.ts";
import {
  createAccount,
  disableAccount,
  enableAccount,
  newAccountInput,
  resetPassword,
} from "../server/domain/auth/administer-account.ts";
import { newPassword } from "../server/domain/auth/credentials.ts";
import { giveRole } from "../server/domain/organizations/administer-member.ts";
import { type OrganizationRole, organizationRoles } from "../server/domain/permissions.ts";
import { withApp } from "./open.ts";

const operator = (app: App) =>
  contextOf(app, null, { requestId: "command-line", ip: "127.0.0.1", userAgent: "taskwire user" });

/** `user create | reset-password | disable | enable | role | make-owner`. */
export function addTo(program: Command): void {
  const command = program.command("user").description("accounts");
  const fromInput = new Option("--password-stdin", "reads the password from standard input; without it one is made");
  command
    .command("create <email>")
    .description("opens an account")
    .requiredOption("--name <name>", "of the person")
    .addOption(fromInput)
    .action((email: string, { name, passwordStdin }: { name: string; passwordStdin?: boolean }) =>
      withPassword(passwordStdin, async (app, password) => {
        const user = await createAccount(operator(app), checked(newAccountInput, { email, name, password }));
        return `${user.email} has an account.`;
      }),
    );
  command
    .command("reset-password <email>")
    .description("gives an account another password, and ends all its sessions and API tokens")
    .addOption(fromInput)
    .option("--keep-api-tokens", "lets its API tokens go on")
    .action((email: string, { passwordStdin, keepApiTokens }: { passwordStdin?: boolean; keepApiTokens?: boolean }) =>
      withPassword(passwordStdin, async (app, password) => {
        const user = await resetPassword(operator(app), email, checked(newPassword, password), {
          endApiTokens: !keepApiTokens,
        });
        return `${user.email} has a new password, and no session any more.`;
      }),
    );
  const verbs = [
    ["disable", "ends all sessions of an account, and lets it start no new one", disableAccount],
    ["enable", "lets a disabled account sign in again", enableAccount],
  ] as const;
  for (const [verb, description, act] of verbs) {
    command
      .command(`${verb} <email>`)
      .description(description)
      .action((email: string) =>
        withApp(async (app) => console.log(`${(await act(operator(app), email)).email} is ${verb}d.`)),
      );
  }
  addRoles(command);
}

/** For an organization whose owners are gone; what else they could do, they do in the product. */
function addRoles(command: Command): void {
  const organization = () => new Option("--organization <slug>", "of which they are a member").makeOptionMandatory();
  const give = (email: string, role: OrganizationRole, slug: string) =>
    withApp(async (app) => {
      const member = await giveRole(operator(app), { slug, email }, role);
      console.log(`${member.email} has the role ${member.role} in ${slug}.`);
    });
  command
    .command("role <email>")
    .description("gives a member of an organization one of its built-in roles; the last owner stays one")
    .addArgument(new Argument("<role>").choices(organizationRoles))
    .addOption(organization())
    .action((email: string, role: OrganizationRole, { organization }: { organization: string }) =>
      give(email, role, organization),
    );
  command
    .command("make-owner <email>")
    .description("makes a member of an organization an owner of it")
    .addOption(organization())
    .action((email: string, { organization }: { organization: string }) => give(email, "owner", organization));
}

async function withPassword(
  isGiven: boolean | undefined,
  act: (app: App, password: string) => Promise<string>,
): Promise<void> {
  const password = isGiven ? (await text(process.stdin)).replace(/\r?\n$/, "") : randomBytes(15).toString("base64url");
  await withApp(async (app) => {
    console.log(await act(app, password));
    if (!isGiven) console.log(`The password is ${password}`);
  });
}

/** @throws Error that names what is wrong, a line each */
function checked<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const { data, error } = schema.safeParse(input);
  if (error) throw new Error(z.prettifyError(error));
  return data as z.output<Schema>;
}
