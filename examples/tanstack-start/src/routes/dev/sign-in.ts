import { createFileRoute } from "@tanstack/react-router";

/** FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. Your sign-in checks a password or a passkey first. */
export const Route = createFileRoute("/dev/sign-in")({
  server: {
    handlers: {
      POST: async ({ request, context }) => {
        const { userId } = (await request.json()) as { userId: string };
        return Response.json({ token: await context.metadata.issueToken(userId) });
      },
    },
  },
});
