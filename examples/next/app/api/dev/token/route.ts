import { verifySession } from "@usermeta/next";
import { cookies } from "next/headers";
import { metadata, SESSION_COOKIE } from "../../../../lib/metadata.ts";

const withSession = verifySession(metadata);

/** A fresh token for an older one, in the cookie. Yours may ask for a refresh token. */
export const POST = (request: Request): Promise<Response> =>
  withSession(request, async (session) => {
    const token = await metadata.issueToken(session.getUserId());
    (await cookies()).set(SESSION_COOKIE, token, { httpOnly: true, sameSite: "lax" });
    return new Response(null, { status: 204 });
  });
