import { createPagesHandler } from "@usermeta/next/pages";
import { metadata } from "../../../lib/metadata.ts";

/** Numbers come as they were sent: Next's parser would round them. */
export const config = { api: { bodyParser: false } };

export default createPagesHandler(metadata);
