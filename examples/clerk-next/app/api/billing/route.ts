import { findUser, route } from "../../../lib/clerk.ts";

/** Says that there is a Stripe id, and not which. */
export const GET = route(async (session) => {
  const user = await findUser(session.getUserId());
  return { customer: user?.privateMetadata.stripeId !== undefined };
});
