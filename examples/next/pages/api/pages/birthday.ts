import { verifySession } from "@usermeta/next/pages";
import { isDate, saveBirthday } from "../../../lib/birthday.ts";
import { metadata } from "../../../lib/metadata.ts";

export default verifySession(metadata)(async (request, response, session) => {
  const birthday: unknown = request.body?.birthday;
  if (isDate(birthday)) response.json(await saveBirthday(session.getUserId(), birthday));
  else response.status(400).json({ detail: 'Send {"birthday":"1990-05-17"}: a day of the calendar.' });
});
