import { sqliteStore } from "@usermeta/store-sqlite";
import { expect, test } from "vitest";
import { engineOn, freshPath, stored } from "./harness.ts";

const before = {
  preferences: { theme: "dark" },
  notifications: { email: true },
  todos: ["use-text-notifs"],
};
const update = { notifications: { sms: true }, todos: null };

test.each([
  { merge: "shallow", after: { preferences: { theme: "dark" }, notifications: { sms: true } } },
  { merge: "deep", after: { preferences: { theme: "dark" }, notifications: { email: true, sms: true } } },
] as const)("the worked example on SQLite, $merge", async ({ merge, after }) => {
  const path = freshPath();
  const metadata = engineOn(sqliteStore({ path }));
  await metadata.replaceUserMetadata("jane", { unsafeMetadata: before });
  const { unsafeMetadata } = await metadata.updateUserMetadata("jane", { unsafeMetadata: update }, { merge });
  await metadata.close();
  expect(unsafeMetadata).toEqual(after);
  expect((await stored(path, "jane")).unsafeMetadata).toEqual(after);
});
