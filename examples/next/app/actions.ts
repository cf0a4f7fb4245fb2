"use server";

import { getSession } from "@usermeta/next";
import { refresh } from "next/cache";
import { cookies } from "next/headers";
import { metadata, SESSION_COOKIE } from "../lib/metadata.ts";

/** FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. */
export const signIn = async (form: FormData): Promise<void> => {
  const token = await metadata.issueToken(String(form.get("userId")));
  (await cookies()).set(SESSION_COOKIE, token, { httpOnly: true, sameSite: "lax" });
};

/** The caller's own theme. A page can be asked to call this by anyone, so it looks at the session itself. */
export const saveTheme = async (form: FormData): Promise<void> => {
  const session = await getSession(metadata);
  // The session has ended: the page shows the sign-in.
  if (!session) return refresh();
  const unsafeMetadata = { theme: String(form.get("theme")) };
  await metadata.updateUserMetadata(session.getUserId(), { unsafeMetadata });
  // The page shows what is saved now.
  refresh();
};
