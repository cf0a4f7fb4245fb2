import { isJsonObject, type JsonObject } from "@usermeta/core";
import { bySnakeCase, toSnakeCase } from "../names.ts";
import { parseExact } from "../parse-exact.ts";
import { type Source, usersOfPage } from "./source.ts";

const PAGE = 500;

const METADATA = ["public_metadata", "private_metadata", "unsafe_metadata"];

/** What the clerk dialect keeps of a user beside the metadata, and the key of the private tier that it reads. */
const PROFILE = ["external_id", "username", "first_name", "last_name"];
const PROFILE_KEY = "clerk:user";

/** Moves a user's names into the private tier. A user who comes without any metadata, as in the dashboard's CSV, stays. */
const withProfile = (user: JsonObject): JsonObject => {
  const names = bySnakeCase(user);
  const fields = PROFILE.map((name) => [name, names.get(name)] as const);
  const profile = Object.fromEntries(
    fields.filter((field): field is [string, string] => typeof field[1] === "string" && field[1] !== ""),
  );
  if (Object.keys(profile).length === 0 || !METADATA.some((name) => names.has(name))) return user;
  const sent = names.get("private_metadata") || {};
  const tier = typeof sent === "string" ? parseExact(sent) : sent;
  // What is not an object is refused later, as any tier.
  if (!isJsonObject(tier)) return user;
  const moved = new Set(["private_metadata", ...Object.keys(profile)]);
  const others = Object.entries(user).filter(([name]) => !moved.has(toSnakeCase(name)));
  return { ...Object.fromEntries(others), private_metadata: { ...tier, [PROFILE_KEY]: profile } };
};

/** Clerk: the users of its Backend API, or a file of them as the API, the SDKs or the CLI write them. */
export const clerk: Source = {
  maps: [
    "public_metadata → publicMetadata, private_metadata → privateMetadata, unsafe_metadata → unsafeMetadata",
    "external_id, username, first_name, last_name → clerk:user in privateMetadata, where the clerk dialect reads them",
    "created_at → createdAt, updated_at → updatedAt and version",
  ],
  cannot: [
    "session token templates: write them as claims.template in usermeta.config.ts",
    "the dashboard's CSV export, which has no metadata: give https://api.clerk.com and its secret key instead",
  ],
  ids: ["id", "user_id"],
  metadata: {
    publicMetadata: ["public_metadata"],
    privateMetadata: ["private_metadata"],
    unsafeMetadata: ["unsafe_metadata"],
  },
  createdAt: ["created_at"],
  updatedAt: ["updated_at"],
  lists: ["data", "users"],
  shape: withProfile,
  api: {
    needsKey: true,
    headers: (key) => ({ authorization: `Bearer ${key}` }),
    async *users(ask) {
      for (let offset = 0; ; offset += PAGE) {
        // Oldest first, so that a user who signs up meanwhile moves nobody to another page.
        const path = `/v1/users?limit=${PAGE}&offset=${offset}&order_by=%2Bcreated_at`;
        const users = await usersOfPage(await ask(path), [], "Clerk");
        yield* users;
        if (users.length < PAGE) return;
      }
    },
  },
};
