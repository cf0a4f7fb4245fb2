import { userMetadata } from "@usermeta/fetch";
import type { APIRoute } from "astro";

/** The metadata routes. */
export const ALL: APIRoute = async ({ request, locals }) =>
  (await userMetadata(locals.metadata)(request)) ?? new Response("Not found", { status: 404 });
