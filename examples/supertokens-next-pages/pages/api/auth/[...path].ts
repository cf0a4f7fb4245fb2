import type { NextApiHandler } from "next";
import { middleware } from "supertokens-node/framework/express";
import { lets } from "../../../lib/lets.ts";
import "../../../lib/metadata.ts";

const handler: NextApiHandler = async (request, response) => {
  if (await lets(middleware(), request, response)) response.status(404).end();
};

export default handler;
