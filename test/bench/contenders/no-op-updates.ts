/** Updates that change nothing, through the engine on durable SQLite, at 64 callers. */
import { answerMeasurements } from "../child.ts";
import { seeded } from "../engine.ts";
import { settings, userId } from "../users.ts";

const USERS = 10_000;

const [folder = "."] = process.argv.slice(2);
const metadata = await seeded(folder, USERS);

answerMeasurements(64, (call) => {
  const user = call % USERS;
  return metadata.updateUserMetadata(userId(user), { unsafeMetadata: settings(user) });
});
