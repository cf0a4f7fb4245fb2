/** The handler that an app would write by itself, on Express 5. */
import { join } from "node:path";
import express from "express";
import { metadataByHand, verifyByHand } from "../by-hand.ts";
import { serve } from "../child.ts";
import { readUsers, settings, userId } from "../users.ts";

const [folder = "."] = process.argv.slice(2);
const { jwks, tokens } = readUsers(folder);
const metadata = metadataByHand(join(folder, `by-hand-${process.pid}.db`));
const verify = verifyByHand(jwks);
for (const index of tokens.keys()) metadata.update(userId(index), settings(index));

const bearer = (header = ""): string => header.replace(/^Bearer /, "");

const app = express();
app.use(express.json());
app.post("/updateinfo", async (request, response) => {
  const user = await verify(bearer(request.headers.authorization));
  response.json({
    message: "successfully updated user metadata",
    metadata: metadata.update(user, request.body),
  });
});
app.get("/metadata", async (request, response) => {
  const user = await verify(bearer(request.headers.authorization));
  response.json({ userId: user, metadata: metadata.read(user) });
});
serve(app);
