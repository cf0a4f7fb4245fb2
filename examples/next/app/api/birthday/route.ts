import { verifySession } from "@usermeta/next";
import { isDate, saveBirthday } from "../../../lib/birthday.ts";
import { metadata } from "../../../lib/metadata.ts";

const withSession = verifySession(metadata);

export const POST = (request: Request): Promise<Response> =>
  withSession(request, async (session) => {
    const body = await request.json().catch(() => undefined);
    if (isDate(body?.birthday)) {
      return Response.json(await saveBirthday(session.getUserId(), body.birthday));
    }
    return Response.json(
      { detail: 'Send {"birthday":"1990-05-17"}: a day of the calendar.' },
      { status: 400 },
    );
  });
