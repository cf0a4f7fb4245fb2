import { userMetadata } from "@usermeta/fetch";
import type { LoaderFunction } from "react-router";
import { metadataContext } from "../context.ts";

/** GET and HEAD of the metadata routes. */
export const loader: LoaderFunction = async ({ request, context }) =>
  (await userMetadata(context.get(metadataContext))(request)) ?? new Response("Not found", { status: 404 });

/** The other methods. */
export const action = loader;
