import { clerkClient, findUser, refuse, route } from "../../../lib/clerk.ts";

const ROLES: readonly unknown[] = ["user", "admin"];

/** What decides is asked of the server, not of the browser. */
export const POST = route(async (session, { userId, role }) => {
  const caller = await findUser(session.getUserId());
  if (caller?.publicMetadata.role !== "admin") return refuse(403, "Only an admin gives roles.");
  if (typeof userId !== "string" || !ROLES.includes(role))
    return refuse(400, 'Send {"userId":"user_…","role":"user"} or "admin".');
  await clerkClient().users.updateUserMetadata(userId, { publicMetadata: { role } });
  return { success: true };
});
