import { z } from "zod";
import { userViewSchema } from "../server/domain/auth/auth.view.ts";
import { updateProfile, updateProfileInput } from "../server/domain/auth/update-profile.ts";
import { removeAvatar } from "../server/domain/files/avatar.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

export const users = router({
  update: procedure
    .meta(
      rest("PATCH /users/me", "Change one's name and preferences", {
        access: "signed-in",
        description: "A new name shows at once wherever people see each other.",
        example: { input: { timeZone: "Europe/Berlin", locale: "de-DE", workingDays: [1, 2, 3, 4], theme: "dark" } },
      }),
    )
    .input(mutates(updateProfileInput))
    .output(userViewSchema)
    .mutation(({ ctx, input }) => updateProfile(ctx, input)),
  removeAvatar: procedure
    .meta(
      rest("DELETE /users/me/avatar", "Take one's picture away", {
        access: "signed-in",
        description: "`PUT /avatars/me` with the bytes of a picture sets one; `GET /avatars/{avatarId}` shows it.",
      }),
    )
    .input(mutates(z.object({})))
    .output(userViewSchema)
    .mutation(({ ctx }) => removeAvatar(ctx)),
});
