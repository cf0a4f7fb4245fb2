import { errorOutcome } from "@usermeta/core";
import { toResponse } from "@usermeta/fetch";
import type { ActionFunctionArgs } from "react-router";
import { metadataContext } from "../context.ts";

/** FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. Your sign-in checks a password or a passkey first. */
export const action = async ({ request, context }: ActionFunctionArgs) => {
  const { userId } = (await request.json()) as { userId: string };
  try {
    return Response.json({ token: await context.get(metadataContext).issueToken(userId) });
  } catch (error) {
    // Refuses what cannot be a user's id.
    return toResponse(errorOutcome(error));
  }
};
