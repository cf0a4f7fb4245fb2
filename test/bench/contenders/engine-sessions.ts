/** Sessions verified by the engine. */
import type { RequestView } from "@usermeta/core";
import { answerMeasurements } from "../child.ts";
import { seeded } from "../engine.ts";
import { readUsers, userId } from "../users.ts";

const [folder = "."] = process.argv.slice(2);
const metadata = await seeded(folder, 0);
const views = readUsers(folder).tokens.map((token): RequestView => {
  const headers: Readonly<Record<string, string>> = { authorization: `Bearer ${token}` };
  return {
    method: "GET",
    path: "/metadata",
    query: "",
    header: (name) => headers[name],
    body: async () => "",
  };
});

answerMeasurements(64, async (call) => {
  const index = call % views.length;
  const session = await metadata.verifySession(views[index] as RequestView);
  if (session.getUserId() !== userId(index)) throw new Error("Another user's session.");
});
