import { openGun } from "../harness/http-load.ts";
import type { SeededProject } from "../harness/projects.ts";
import type { Side } from "../harness/stack.ts";

/** Renames tasks of a project one after the other, so that its feed has that many changes. */
export async function publishChanges(side: Side, project: SeededProject, count: number): Promise<void> {
  const gun = openGun(side.server.origin, 1);
  const { tasks } = project.lists[0]!;
  for (let n = 0; n < count; n += 1) {
    await gun.fire({
      ...side.dialect.rename({ taskId: tasks[n % tasks.length]!.id, title: `Title ${n} of before` }),
      token: side.people[0]!.token,
      answered: () => {},
    });
  }
  await gun.close();
}
