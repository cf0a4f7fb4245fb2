import { metadata } from "../../../../lib/metadata.ts";

/** FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. Your sign-in checks a password or a passkey first. */
export const POST = async (request: Request): Promise<Response> => {
  const body = await request.json().catch(() => undefined);
  if (typeof body?.userId !== "string") {
    return Response.json({ detail: 'Send {"userId":"jane"}.' }, { status: 400 });
  }
  const token = await metadata.issueToken(body.userId);
  return Response.json({ token }, { headers: { "cache-control": "no-store" } });
};
