import { createRouteHandlers } from "@usermeta/next";
import { metadata } from "../../../../lib/metadata.ts";

/** Clerk's protocol, over our own database. */
export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = createRouteHandlers(metadata);
