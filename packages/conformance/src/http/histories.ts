import { type HttpAnswer, type HttpRequest, send } from "./client.ts";
import type { HttpContext } from "./contract.ts";
import { expectJson, type Json } from "./expectations.ts";
import { ADMIN_KEY, PRIVATE_MARKER, seededUser, stored, type TestUser } from "./fixtures.ts";
import { SHALLOW } from "./routes.ts";

/** An admin's path about the user. */
export const pathOf = ({ adminPath }: TestUser, name: string): string => adminPath.replace(/metadata$/, name);

/** Sends a request with the admin key. */
export const admin = (context: HttpContext, request: HttpRequest): Promise<HttpAnswer> =>
  send(context, { ...request, bearer: ADMIN_KEY });

/** The entries of a page. */
export const entriesIn = (answer: HttpAnswer): readonly Json[] => expectJson(answer).entries as Json[];

/** A user's history, as an admin sees it. */
export const historyOf = async (context: HttpContext, user: TestUser, query = ""): Promise<readonly Json[]> =>
  entriesIn(await admin(context, { path: `${pathOf(user, "history")}${query}` }));

/** The request by which a user writes a theme. */
export const writeTheme = (
  user: TestUser,
  theme: string,
  headers: Record<string, string> = {},
): HttpRequest => ({
  ...{ method: "PATCH", path: "/metadata", bearer: user.token },
  ...{ type: SHALLOW, body: { json: { theme } }, headers },
});

/** A user whose plan was free and is pro, and what was stored before that. */
export interface Upgraded {
  readonly user: TestUser;
  readonly before: Readonly<Record<string, unknown>>;
}

/** Makes one. Time tells the two versions apart. */
export const upgraded = async (context: HttpContext): Promise<Upgraded> => {
  const user = await seededUser(context);
  const before = await stored(context, user);
  while (Date.now() === before.updatedAt) await new Promise((resolve) => setTimeout(resolve, 1));
  const privateMetadata = { secret: `${PRIVATE_MARKER} 2`, note: "x" };
  await context.engine.updateUserMetadata(
    user.id,
    { publicMetadata: { plan: "pro" }, privateMetadata },
    { by: "billing", reason: "paid" },
  );
  return { user, before };
};
