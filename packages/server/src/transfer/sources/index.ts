import { auth0 } from "./auth0.ts";
import { clerk } from "./clerk.ts";
import type { Source } from "./source.ts";
import { supabase } from "./supabase.ts";
import { supertokens } from "./supertokens.ts";

/** The systems that users can be imported from, by name. */
export const SOURCES: Readonly<Record<string, Source>> = { clerk, supertokens, auth0, supabase };
