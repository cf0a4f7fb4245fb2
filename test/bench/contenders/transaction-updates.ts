/** Durable updates, one transaction each. */
import { join } from "node:path";
import { metadataByHand } from "../by-hand.ts";
import { answerMeasurements } from "../child.ts";
import { settings, userId } from "../users.ts";

const USERS = 10_000;

const [folder = "."] = process.argv.slice(2);
const metadata = metadataByHand(join(folder, `by-hand-${process.pid}.db`));
for (let index = 0; index < USERS; index++) metadata.update(userId(index), settings(index));

answerMeasurements(64, async (call) => metadata.update(userId(call % USERS), settings(call)));
