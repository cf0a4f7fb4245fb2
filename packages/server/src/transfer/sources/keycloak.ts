import type { Source } from "./source.ts";

/** Keycloak: the JSON of `kc.sh export`, or of the Admin REST API's `GET /admin/realms/{realm}/users`. */
export const keycloak: Source = {
  maps: [
    "attributes → privateMetadata, each a list as Keycloak keeps it (a user profile may let users read and write them, or not: move by hand what users may)",
    "createdTimestamp → createdAt",
  ],
  cannot: [
    "times of changes, which Keycloak does not keep: run again, the import compares the content",
    "protocol mappers that put attributes into tokens: write them as claims.template in usermeta.config.ts",
    "roles and groups",
  ],
  ids: ["id"],
  metadata: { privateMetadata: ["attributes"] },
  createdAt: ["created_timestamp"],
  updatedAt: [],
  lists: ["users"],
  noCsv: "Keycloak exports JSON. Run kc.sh export --dir <folder> --users same_file instead.",
  api: "run kc.sh export --dir <folder> --users same_file, and give the file of users",
};
