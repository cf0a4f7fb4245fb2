import { errorOutcome } from "@usermeta/core";
import { toResponse } from "@usermeta/fetch";
import type { APIRoute } from "astro";

/** FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. Your sign-in checks a password or a passkey first. */
export const POST: APIRoute = async ({ request, locals }) => {
  const { userId } = (await request.json()) as { userId: string };
  try {
    return Response.json({ token: await locals.metadata.issueToken(userId) });
  } catch (error) {
    // Refuses what cannot be a user's id.
    return toResponse(errorOutcome(error));
  }
};
