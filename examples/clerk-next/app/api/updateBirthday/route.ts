import { clerkClient, refuse, route } from "../../../lib/clerk.ts";

const isDate = (value: unknown): value is string => {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\d$/.test(value)) return false;
  const time = Date.parse(value);
  // 31 February parses as a day in March.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
};

/** Public: the user sees it and cannot write it. */
export const POST = route(async (session, { birthday }) => {
  if (!isDate(birthday)) return refuse(400, 'Send {"birthday":"1990-05-17"}, a day of the calendar.');
  await clerkClient().users.updateUserMetadata(session.getUserId(), { publicMetadata: { birthday } });
  return { success: true };
});
