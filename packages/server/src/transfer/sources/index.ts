import type { SourceName } from "../../config/settings.ts";
import { auth0 } from "./auth0.ts";
import { betterAuth } from "./better-auth.ts";
import { clerk } from "./clerk.ts";
import { cognito } from "./cognito.ts";
import { firebase } from "./firebase.ts";
import { keycloak } from "./keycloak.ts";
import type { Source } from "./source.ts";
import { supabase } from "./supabase.ts";
import { supertokens } from "./supertokens.ts";

/** The systems that users can be imported from, by name. */
export const SOURCES: Readonly<Record<SourceName, Source>> = {
  clerk,
  supertokens,
  auth0,
  supabase,
  firebase,
  cognito,
  keycloak,
  "better-auth": betterAuth,
};
