import type { Source } from "./source.ts";

/** Firebase Authentication: the JSON of `firebase auth:export`, or of the Admin SDK's `listUsers`. */
export const firebase: Source = {
  maps: [
    "customAttributes, customClaims → publicMetadata: users read them in their tokens, and only the server writes",
    "createdAt → createdAt",
  ],
  cannot: [
    "times of changes, which the export does not have: run again, the import compares the content",
    "custom claims in tokens: flag their keys with claims, or write claims.template in usermeta.config.ts",
  ],
  ids: ["local_id", "uid"],
  metadata: { publicMetadata: ["custom_attributes", "custom_claims"] },
  createdAt: ["created_at"],
  updatedAt: [],
  lists: ["users"],
  noCsv: "Firebase's CSV has no custom claims. Run firebase auth:export users.json instead.",
  api: "run firebase auth:export users.json, and give that file",
};
