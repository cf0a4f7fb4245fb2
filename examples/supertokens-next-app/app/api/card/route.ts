import { verifySession } from "@usermeta/next";
import { metadata } from "../../../lib/metadata.ts";

// Trusts what the token says, so the token must be of the metadata as it is now.
const withFreshSession = verifySession(metadata, { fresh: true });

export const GET = (request: Request): Promise<Response> =>
  withFreshSession(request, (session) => {
    const { sub, metadata_plan: plan } = session.getAccessTokenPayload();
    return Response.json({ userId: sub, plan });
  });
