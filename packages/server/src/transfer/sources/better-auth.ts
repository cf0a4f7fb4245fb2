import { toSnakeCase } from "../names.ts";
import type { Source } from "./source.ts";

/** The columns of better-auth itself and of its plugins: who a user is, and not metadata. */
const OWN = new Set([
  "id",
  "name",
  "email",
  "email_verified",
  "image",
  "created_at",
  "updated_at",
  "role",
  "banned",
  "ban_reason",
  "ban_expires",
  "username",
  "display_username",
  "phone_number",
  "phone_number_verified",
  "two_factor_enabled",
  "is_anonymous",
  "last_login_method",
]);

/** better-auth: rows of its table `user` as JSON, or what `auth.api.listUsers` answers. */
export const betterAuth: Source = {
  maps: [
    "additionalFields → privateMetadata (input and returned say what users may write and read, and the table does not tell: move by hand what users may)",
    "role of the admin plugin → publicMetadata: users read it, and only the server writes",
    "createdAt → createdAt, updatedAt → updatedAt and version",
  ],
  cannot: ["sessions, accounts and what other plugins keep"],
  ids: ["id"],
  metadata: { publicMetadata: ["public"], privateMetadata: ["additional_fields"] },
  createdAt: ["created_at"],
  updatedAt: ["updated_at"],
  lists: ["users"],
  noCsv: `CSV has no types. Export JSON, with psql -Atc 'select row_to_json(u) from "user" u'.`,
  shape: (user) => {
    const entries = Object.entries(user);
    const fields = entries.filter(([name]) => !OWN.has(toSnakeCase(name)));
    const { role, ...rest } = Object.fromEntries(entries.filter(([name]) => OWN.has(toSnakeCase(name))));
    return {
      ...rest,
      ...(role !== undefined && { public: role === null ? {} : { role } }),
      // A column without a value is a field that the user does not have.
      ...(fields.length > 0 && {
        additionalFields: Object.fromEntries(fields.filter(([, value]) => value !== null)),
      }),
    };
  },
  api: `export the table as JSON, with psql -Atc 'select row_to_json(u) from "user" u', and give that file`,
};
