import { createRouteHandlers } from "@usermeta/next";
import { metadata } from "../../../metadata.js";

export const { POST } = createRouteHandlers(metadata);
