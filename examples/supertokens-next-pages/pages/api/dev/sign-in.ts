import { toUser } from "@usermeta/example-supertokens";
import type { NextApiHandler } from "next";
import { createNewSession } from "supertokens-node/recipe/session";
import "../../../lib/metadata.ts";

/** FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. SuperTokens' recipes have sign-ins that ask for proof. */
const handler: NextApiHandler = async (request, response) => {
  const userId: unknown = request.body?.userId;
  if (request.method !== "POST" || typeof userId !== "string" || userId === "") {
    response.status(400).json({ message: 'POST {"userId":"jane"} as application/json.' });
    return;
  }
  const session = await createNewSession(request, response, "public", toUser(userId));
  response.json({ userId: session.getUserId() });
};

export default handler;
