import { clerkClient, findUser, route } from "../../../lib/clerk.ts";

/** Private: never sent to a browser. Whose it is the session says, and no body. */
export const POST = route(async (session) => {
  const userId = session.getUserId();
  const known = (await findUser(userId))?.privateMetadata.stripeId;
  const stripeId = known ?? `cus_${crypto.randomUUID()}`; // stripe.customers.create() here
  await clerkClient().users.updateUserMetadata(userId, { privateMetadata: { stripeId } });
  return { success: true };
});
