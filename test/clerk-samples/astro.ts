// @ts-nocheck: it takes the user for signed in, and its framework generates the types of routes
import { clerkClient } from "@clerk/astro/server";
import type { APIRoute } from "astro";

export { clerkMiddleware } from "@clerk/astro/server";

/** Clerk's sample. */
export const GET: APIRoute = async (context) => {
  const { userId } = context.locals.auth();
  await clerkClient(context).users.updateUserMetadata(userId, {
    publicMetadata: {
      birthday: "1990-01-01",
    },
  });
  return new Response(JSON.stringify({ success: true }), { status: 200 });
};
