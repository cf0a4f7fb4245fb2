import { createUserMetadataClient } from "@usermeta/client";
import type { TiersOf } from "@usermeta/core";
import type { schemas } from "../schemas.ts";
import { readToken, refreshToken } from "./session.ts";

type Tiers = TiersOf<typeof schemas>;

declare module "@usermeta/react" {
  interface Register {
    tiers: Tiers;
  }
}

/** The signed-in user's metadata, for the whole page. */
export const client = createUserMetadataClient<Tiers>({ baseUrl: "/", getToken: readToken, refreshToken });
