import { toUser } from "@usermeta/example-supertokens";
import { type NextRequest, NextResponse } from "next/server";
import { withPreParsedRequestResponse } from "supertokens-node/nextjs";
import { createNewSession } from "supertokens-node/recipe/session";
import "../../../../lib/metadata.ts";

/** FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. SuperTokens' recipes have sign-ins that ask for proof. */
export const POST = async (request: NextRequest): Promise<Response> => {
  const body = await request.json().catch(() => undefined);
  if (typeof body?.userId !== "string" || body.userId === "")
    return NextResponse.json({ message: 'Send {"userId":"jane"}.' }, { status: 400 });
  return withPreParsedRequestResponse(request, async (seen, response) => {
    const session = await createNewSession(seen, response, "public", toUser(body.userId));
    return NextResponse.json({ userId: session.getUserId() });
  });
};
