import { verifySession } from "@usermeta/next/pages";
import { metadata } from "../../lib/metadata.ts";

// Trusts what the token says, so the token must be of the metadata as it is now.
const withFreshSession = verifySession(metadata, { fresh: true });

export default withFreshSession((_request, response, session) => {
  const { sub, metadata_plan: plan } = session.getAccessTokenPayload();
  response.json({ userId: sub, plan });
});
