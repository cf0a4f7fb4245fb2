import { createPagesHandler } from "@usermeta/next/pages";
import { metadata } from "../../../metadata.js";

export const config = { api: { bodyParser: false } };

export default createPagesHandler(metadata);
