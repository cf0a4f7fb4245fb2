import { isJsonObject, type JsonObject, type JsonValue } from "@usermeta/core";
import type { Source } from "./source.ts";

const CUSTOM = /^(dev:)?custom:/;

/** Amazon Cognito: the JSON of `aws cognito-idp list-users`, or CSV with a column for each attribute. */
export const cognito: Source = {
  maps: [
    "custom:… and dev:custom:… → privateMetadata, without the prefix (an app client may let users read and write them, or not: move by hand what users may)",
    "sub → userId, or if it is missing the user name; UserCreateDate → createdAt, UserLastModifiedDate → updatedAt and version",
  ],
  cannot: ["types: Cognito keeps each attribute as text, and it stays one"],
  ids: ["sub", "username", "cognito:username"],
  metadata: { privateMetadata: ["custom_attributes"] },
  createdAt: ["user_create_date"],
  updatedAt: ["user_last_modified_date"],
  lists: ["Users", "users"],
  shape: ({ Attributes, UserCreateDate, UserLastModifiedDate, ...user }) => {
    const all = { ...user, ...attributesOf(Attributes) };
    const entries = Object.entries(all);
    const custom = entries.filter(([name]) => CUSTOM.test(name));
    return {
      ...Object.fromEntries(entries.filter(([name]) => !CUSTOM.test(name))),
      ...(custom.length > 0 && { customAttributes: withoutPrefix(custom) }),
      ...(UserCreateDate !== undefined && { UserCreateDate: fromSeconds(UserCreateDate) }),
      ...(UserLastModifiedDate !== undefined && { UserLastModifiedDate: fromSeconds(UserLastModifiedDate) }),
    };
  },
  api: "run aws cognito-idp list-users --user-pool-id <id>, and give its output",
};

const attributesOf = (attributes: JsonValue | undefined): JsonObject =>
  Object.fromEntries(
    (Array.isArray(attributes) ? attributes : [])
      .filter(isJsonObject)
      .map(({ Name, Value = null }) => [String(Name), Value]),
  );

/** An empty cell of CSV is an attribute that the user does not have. */
const withoutPrefix = (custom: readonly (readonly [string, JsonValue])[]): JsonObject =>
  Object.fromEntries(
    custom.filter(([, value]) => value !== null).map(([name, value]) => [name.replace(CUSTOM, ""), value]),
  );

/** Version 1 of the command writes seconds, version 2 writes text. */
const fromSeconds = (value: JsonValue): JsonValue =>
  typeof value === "number" ? Math.round(value * 1000) : value;
