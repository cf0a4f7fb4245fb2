import { createFileRoute } from "@tanstack/react-router";
import { userMetadata } from "@usermeta/fetch";

/** The metadata routes. */
export const Route = createFileRoute("/$")({
  server: {
    handlers: {
      ANY: async ({ request, context }) =>
        (await userMetadata(context.metadata)(request)) ?? new Response("Not found", { status: 404 }),
    },
  },
});
