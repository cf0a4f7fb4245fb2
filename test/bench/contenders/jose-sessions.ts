/** The same tokens verified by jose each time. */
import { verifyByHand } from "../by-hand.ts";
import { answerMeasurements } from "../child.ts";
import { readUsers, userId } from "../users.ts";

const [folder = "."] = process.argv.slice(2);
const { jwks, tokens } = readUsers(folder);
const verify = verifyByHand(jwks);

answerMeasurements(64, async (call) => {
  const index = call % tokens.length;
  if ((await verify(tokens[index] as string)) !== userId(index)) throw new Error("Another user's session.");
});
