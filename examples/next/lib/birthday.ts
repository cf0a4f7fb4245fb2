import { metadata } from "./metadata.ts";

/** Whether a value is a day of the calendar, such as "1990-05-17". */
export const isDate = (value: unknown): value is string => {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\d$/.test(value)) return false;
  const time = Date.parse(value);
  // 31 February parses as a day in March.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
};

/** The user cannot write the public tier; the app's own route can, after its check. */
export const saveBirthday = async (userId: string, birthday: string): Promise<{ message: string }> => {
  await metadata.updateUserMetadata(userId, { publicMetadata: { birthday } });
  return { message: "successfully updated user metadata" };
};
