import { createRouteHandlers } from "@usermeta/next";
import { metadata } from "../../../../lib/metadata.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = createRouteHandlers(metadata);
