import { type ClerkClient, createClerkClient } from "@clerk/backend";
import { isClerkAPIResponseError } from "@clerk/shared/error";
import type { Session } from "@usermeta/core";
import { verifySession } from "@usermeta/next";
import { metadata } from "./metadata.ts";

/** As `clerkClient()` of `@clerk/nextjs`, but for `apiUrl`: this app's own address, on the port that Next tells. */
export const clerkClient = (): ClerkClient => {
  const { CLERK_SECRET_KEY = "", PORT = "3000" } = process.env;
  const { CLERK_API_URL = `http://127.0.0.1:${PORT}/api/clerk` } = process.env;
  return createClerkClient({ secretKey: CLERK_SECRET_KEY, apiUrl: CLERK_API_URL });
};

type User = Awaited<ReturnType<ClerkClient["users"]["getUser"]>>;

/** Nobody is there before the first write of metadata. */
export const findUser = async (userId: string): Promise<User | undefined> =>
  clerkClient()
    .users.getUser(userId)
    .catch((error: unknown) => {
      if (isClerkAPIResponseError(error) && error.status === 404) return undefined;
      throw error;
    });

/** A route that a signed-in user may call. What it answers is sent as JSON. */
export const route = (handle: (session: Session, body: Record<string, unknown>) => Promise<object>) => {
  const withSession = verifySession(metadata);
  return (request: Request): Promise<Response> =>
    withSession(request, async (session) => {
      const body: unknown = await request.json().catch(() => undefined);
      const answer = await handle(session, typeof body === "object" && body !== null ? { ...body } : {});
      return answer instanceof Response ? answer : Response.json(answer);
    });
};

/** An answer that says what is wrong. */
export const refuse = (status: number, message: string): Response => Response.json({ message }, { status });
