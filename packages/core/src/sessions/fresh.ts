import { UserMetadataError } from "../errors.ts";
import { VERSION_CLAIM } from "../tokens/claims.ts";
import type { Session } from "./session.ts";

/** Whether a session's token has the claims of the document as it is now. @throws UserMetadataError `token_stale` */
export const checkFresh = async (
  session: Session,
  readVersion: (userId: string) => Promise<number>,
): Promise<void> => {
  const { [VERSION_CLAIM]: seen } = session.getAccessTokenPayload();
  if (seen !== (await readVersion(session.getUserId()))) throw stale(seen);
};

const stale = (seen: unknown): UserMetadataError =>
  new UserMetadataError(
    "token_stale",
    seen === undefined
      ? `The access token has no ${VERSION_CLAIM}, so that its age is unknown. Put metadata.claims(userId) into it.`
      : "The access token is older than the user's claims. Refresh it.",
  );
