// @ts-nocheck: it takes the user for signed in, and its framework generates the types of routes
import { clerkClient, getAuth } from "@clerk/react-router/server";
import type { LoaderFunctionArgs } from "react-router";

/** Clerk's sample, with `clerkClient(args)` for `clerkClient`: the package exports a function. */
export async function loader(args: LoaderFunctionArgs) {
  const { userId } = await getAuth(args);
  await clerkClient(args).users.updateUserMetadata(userId, {
    publicMetadata: {
      birthday: "1990-01-01",
    },
  });
  return { success: true };
}
