import { CHECKED, updateInfo } from "@usermeta/example-supertokens";
import type { NextApiHandler } from "next";
import type { SessionContainer } from "supertokens-node/recipe/session";
import { verifySession } from "supertokens-node/recipe/session/framework/express";
import { lets } from "../../lib/lets.ts";
import "../../lib/metadata.ts";

const handler: NextApiHandler = async (request, response) => {
  if (request.method !== "POST") {
    response
      .setHeader("allow", "POST")
      .status(request.method === "OPTIONS" ? 204 : 405)
      .end();
  } else if (await lets(verifySession(CHECKED), request, response)) {
    const { session } = request as { session?: SessionContainer };
    response.json(await updateInfo(session?.getUserId() ?? ""));
  }
};

export default handler;
