/** An Express app on supertokens-node: a guarded route, and one that writes, by ours or by what the SDK has. */
import { join } from "node:path";
import { createUserMetadata } from "@usermeta/core";
import { getSession, userMetadata, verifySession } from "@usermeta/express";
import { sqliteStore } from "@usermeta/store-sqlite";
import { superTokensSessions, userMetadataOverride } from "@usermeta/supertokens";
import express from "express";
import { errorHandler, middleware, type SessionRequest } from "supertokens-node/framework/express";
import { verifySession as verifyBySdk } from "supertokens-node/recipe/session/framework/express";
import { updateUserMetadata } from "supertokens-node/recipe/usermetadata";
import { answerCpuTime, serve } from "../child.ts";
import { initSuperTokens } from "../supertokens.ts";

/** "ours": our routes and guard; "override": the SDK's, its recipe over our store; "core": the SDK's alone. */
const [folder = ".", core = "", whose = ""] = process.argv.slice(2);

const metadata = createUserMetadata({
  store: sqliteStore({ path: join(folder, `supertokens-${process.pid}.db`) }),
  sessions: superTokensSessions(),
});
initSuperTokens(
  core,
  whose === "override" ? { override: { functions: userMetadataOverride(metadata) } } : {},
);

const app = express();
app.use(middleware());
app.get("/unguarded", (_, response) => void response.json({ userId: "nobody" }));
if (whose === "ours") {
  app.get("/guarded", verifySession(metadata), (request, response) => {
    response.json({ userId: getSession(request).getUserId() });
  });
  app.use(userMetadata(metadata));
} else {
  app.get("/guarded", verifyBySdk(), ({ session }: SessionRequest, response) => {
    response.json({ userId: session?.getUserId() });
  });
  app.post(
    "/updateinfo",
    express.json(),
    verifyBySdk(),
    async ({ session, body }: SessionRequest, response) => {
      const { metadata: updated } = await updateUserMetadata(session?.getUserId() ?? "", body);
      response.json({ message: "successfully updated user metadata", metadata: updated });
    },
  );
}
app.use(errorHandler());
serve(app);
answerCpuTime();
