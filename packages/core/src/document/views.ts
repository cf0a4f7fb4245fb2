import type { MetadataDocument } from "./document.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { isLarge } from "./tier-size.ts";
import type { TierTypes, UserMetadata } from "./types.ts";

type UserView = Omit<UserMetadata, "privateMetadata" | "claims">;
type AdminView = Pick<UserMetadata, keyof UserMetadata>;

/** What a user sees of a document; a document that is not there has null times. */
export const toUserView = (userId: string, document: MetadataDocument): UserView => ({
  userId,
  publicMetadata: document.public,
  unsafeMetadata: document.unsafe,
  version: document.version,
  createdAt: document.createdAt || null,
  updatedAt: document.updatedAt || null,
});

/** What a server sees of it. */
export const toAdminView = (userId: string, document: MetadataDocument): AdminView => ({
  ...toUserView(userId, document),
  privateMetadata: document.private,
  claims: document.claims,
});

/** What `console.log` and `util.inspect` of Node show of an object that has it, under `showHidden` (`%o`) too. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** The enumerable part, which is what a user sees. */
const shown = {
  value(this: object) {
    return { ...this };
  },
};

/** A copy for server code, whose private part is not enumerable. */
export const toUserMetadata = <T extends TierTypes>(
  userId: string,
  document: MetadataDocument,
): UserMetadata<T> => {
  const view = toUserView(userId, {
    ...document,
    public: isLarge(document.public) ? {} : copy(document.public),
    unsafe: isLarge(document.unsafe) ? {} : copy(document.unsafe),
  });
  for (const tier of ["public", "unsafe"] as const)
    if (isLarge(document[tier])) copyLater(view, `${tier}Metadata`, document[tier]);
  Object.defineProperty(view, INSPECT, shown);
  Object.defineProperty(view, "privateMetadata", { value: copy(document.private) });
  return Object.defineProperty(view, "claims", { value: [...document.claims] }) as UserMetadata<T>;
};

/** A large tier is copied when it is looked at, since most who write do not. */
const copyLater = (view: object, name: string, tier: JsonObject): void => {
  let copied: JsonObject | undefined;
  Object.defineProperty(view, name, {
    get: () => {
      copied ??= copy(tier);
      return copied;
    },
    enumerable: true,
  });
};

/** A deep copy of a stored value, which was checked when it was stored. */
const copy = <T extends JsonValue>(value: T): T => {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copy) as T;
  const copied: JsonObject = { ...value };
  for (const key of Object.keys(copied)) {
    const item = copied[key] as JsonValue;
    if (typeof item === "object") copied[key] = copy(item);
  }
  return copied as T;
};
