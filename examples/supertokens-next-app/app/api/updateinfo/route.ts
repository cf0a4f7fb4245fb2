import { CHECKED, updateInfo } from "@usermeta/example-supertokens";
import { type NextRequest, NextResponse } from "next/server";
import { withSession } from "supertokens-node/nextjs";
import "../../../lib/metadata.ts";

export const POST = (request: NextRequest): Promise<Response> =>
  withSession(
    request,
    async (error, session) => {
      // What this handler throws comes back to it as `error`, in a second call.
      if (error) throw error;
      return NextResponse.json(await updateInfo(session?.getUserId() ?? ""));
    },
    CHECKED,
  );
