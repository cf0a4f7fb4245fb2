// @ts-nocheck: it takes the user for signed in, and its framework generates the types of routes
import { auth, clerkClient } from "@clerk/tanstack-react-start/server";
import { createFileRoute } from "@tanstack/react-router";
import { json } from "@tanstack/react-start";

/** Clerk's sample. */
export const ServerRoute = createFileRoute("/api/example")({
  server: {
    handlers: {
      GET: async () => {
        const { userId } = await auth();
        await clerkClient().users.updateUserMetadata(userId, {
          publicMetadata: {
            birthday: "1990-01-01",
          },
        });
        return json({ success: true });
      },
    },
  },
});
