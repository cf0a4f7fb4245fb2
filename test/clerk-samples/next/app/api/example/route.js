import { auth, clerkClient } from "@clerk/nextjs/server";
import { NextResponse } from "next/server";

/** Clerk's sample. */
export async function GET() {
  const { userId } = await auth();
  const client = await clerkClient();
  await client.users.updateUserMetadata(userId, {
    publicMetadata: {
      birthday: "1990-01-01",
    },
  });
  return NextResponse.json({ success: true });
}
