import { createFileRoute } from "@tanstack/react-router";
import { verifySession } from "@usermeta/fetch";

/** The user cannot write the public tier. This route can, after the app's own check. */
export const Route = createFileRoute("/birthday")({
  server: {
    handlers: {
      POST: ({ request, context: { metadata } }) =>
        verifySession(metadata)(request, async (session) => {
          const { birthday } = (await request.json()) as { birthday?: unknown };
          if (typeof birthday !== "string" || !/^\d{4}-\d\d-\d\d$/.test(birthday)) {
            return Response.json({ detail: 'Send {"birthday":"1990-05-17"}.' }, { status: 400 });
          }
          await metadata.updateUserMetadata(session.getUserId(), { publicMetadata: { birthday } });
          return Response.json({ message: "successfully updated user metadata" });
        }),
    },
  },
});
