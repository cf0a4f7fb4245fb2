import type { UserMetadataEngine } from "@usermeta/core";
import { createContext } from "react-router";

/** The engine, for loaders and actions: `context.get(metadataContext)`. */
export const metadataContext = createContext<UserMetadataEngine>();
