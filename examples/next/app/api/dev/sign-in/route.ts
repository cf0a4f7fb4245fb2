import { UserMetadataError } from "@usermeta/core";
import { metadata } from "../../../../lib/metadata.ts";

/** FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. Your sign-in checks a password or a passkey first. */
export const POST = async (request: Request): Promise<Response> => {
  const body = await request.json().catch(() => undefined);
  if (typeof body?.userId !== "string") {
    return Response.json({ detail: 'Send {"userId":"jane"}.' }, { status: 400 });
  }
  try {
    const token = await metadata.issueToken(body.userId);
    return Response.json({ token }, { headers: { "cache-control": "no-store" } });
  } catch (error) {
    // Refuses a string that cannot be a user's id.
    if (!UserMetadataError.is(error)) throw error;
    return Response.json({ detail: error.message }, { status: error.status });
  }
};
