import { isUserId } from "../../document/user-id.ts";
import type { Engine } from "../../engine.ts";
import { UserMetadataError } from "../../errors.ts";

/** What a list asks for. */
export interface ClerkUserQuery {
  /** 1 to 500. For a count it is 1. */
  readonly limit: number;
  readonly offset: number;
  /** As it was sent, `+created_at` say. @default "-created_at", the newest first */
  readonly orderBy: string;
  /** All other parameters by their names on the wire: `user_id`, `email_address`, `query`. */
  readonly filters: Readonly<Record<string, readonly string[]>>;
}

/** One page of a list. */
export interface ClerkUserPage {
  readonly userIds: readonly string[];
  /** How many match without the limit. */
  readonly totalCount: number;
}

/** The users that the app has. */
export interface ClerkUsers {
  /** Whether there is such a user. Asked before each call of a server that is about one user. */
  exists(userId: string): boolean | Promise<boolean>;
  /** Finds users for `GET /v1/users`. @default all that have metadata, by `user_id`, in the order of `created_at` or `updated_at` */
  list?(query: ClerkUserQuery): ClerkUserPage | Promise<ClerkUserPage>;
}

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 500;
const MAX_IDS = 100;
/** Parameters that clerk-js sends with every request. They select no users. */
const NOT_FILTERS: ReadonlySet<string> = new Set(["__clerk_api_version", "_clerk_js_version"]);

/** Reads the query of `GET /v1/users`. @throws UserMetadataError `query_invalid` */
export const readUserQuery = (query: string): ClerkUserQuery => {
  const { limit, offset, order_by: order, ...filters } = collect(new URLSearchParams(query));
  return {
    limit: toNumber("limit", limit, { fallback: DEFAULT_LIMIT, from: 1, to: MAX_LIMIT }),
    offset: toNumber("offset", offset, { fallback: 0, from: 0, to: Number.MAX_SAFE_INTEGER }),
    orderBy: toOne("order_by", order) ?? "-created_at",
    filters,
  };
};

const collect = (parameters: URLSearchParams): Record<string, readonly string[]> => {
  const all: Record<string, string[]> = Object.create(null);
  for (const [name, value] of parameters) {
    if (NOT_FILTERS.has(name)) continue;
    all[name] ??= [];
    all[name].push(value);
  }
  return all;
};

const toOne = (name: string, values: readonly string[] = []): string | undefined => {
  if (values.length > 1) throw invalid(`${name} is there ${values.length} times; give it once`);
  return values[0];
};

interface Range {
  readonly fallback: number;
  readonly from: number;
  readonly to: number;
}

const toNumber = (name: string, values: readonly string[] | undefined, range: Range): number => {
  const text = toOne(name, values);
  const number = text === undefined ? range.fallback : Number(/^\d{1,16}$/.test(text) ? text : Number.NaN);
  if (number >= range.from && number <= range.to) return number;
  throw invalid(`${name} is ${JSON.stringify(text)}; give a whole number from ${range.from} to ${range.to}`);
};

/** The users with metadata: reads all documents for an order that the store does not know. */
export const listDocuments = async (engine: Engine, query: ClerkUserQuery): Promise<ClerkUserPage> => {
  const { user_id: ids = [], ...others } = query.filters;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw unknownFilter(unknown);
  if (ids.length > MAX_IDS)
    throw invalid(`user_id is there ${ids.length} times; at most ${MAX_IDS} are read`);
  const order = toOrder(query.orderBy);
  const matching = (await select(engine, ids)).sort((a, b) => order(a) - order(b));
  const page = matching.slice(query.offset, query.offset + query.limit);
  return { userIds: page.map(({ userId }) => userId), totalCount: matching.length };
};

/** What a list is ordered by, with whose it is. */
interface Row {
  readonly userId: string;
  readonly createdAt: number;
  readonly version: number;
}

const toOrder = (orderBy: string): ((row: Row) => number) => {
  // An unescaped + in a query is a space.
  const [, sign, field] = /^([-+ ]?)(created_at|updated_at)$/.exec(orderBy) ?? [];
  if (field === undefined)
    throw invalid(`order_by is ${JSON.stringify(orderBy)}; use created_at or updated_at, with + or -`);
  const direction = sign === "-" ? -1 : 1;
  return ({ createdAt, version }) => direction * (field === "created_at" ? createdAt : version);
};

/** The users that `user_id` names: `-` before an id leaves that user out, `+` has no meaning. Without `user_id`, all users. */
const select = async (engine: Engine, ids: readonly string[]): Promise<Row[]> => {
  const wanted = new Set(ids.filter((id) => !id.startsWith("-")).map((id) => id.replace(/^[+ ]/, "")));
  const left = new Set(ids.filter((id) => id.startsWith("-")).map((id) => id.slice(1)));
  const rows: Row[] = [];
  if (wanted.size > 0) {
    const found = [...wanted].filter((id) => isUserId(id) && !left.has(id));
    const documents = await Promise.all(found.map((userId) => engine.read(userId)));
    for (const [index, { createdAt, version }] of documents.entries())
      if (version > 0) rows.push({ userId: found[index] as string, createdAt, version });
    return rows;
  }
  for (let cursor: string | undefined = ""; cursor !== undefined; ) {
    const page = await engine.find({ limit: MAX_LIMIT, cursor });
    // Clerk has no words for a document that cannot be read.
    for (const { userId, document } of page.found)
      if (!left.has(userId)) rows.push({ userId, createdAt: document.createdAt, version: document.version });
    cursor = page.cursor;
  }
  return rows;
};

const invalid = (reason: string): UserMetadataError =>
  new UserMetadataError("query_invalid", `The list cannot be made: ${reason}.`);

const unknownFilter = (parameter: string): UserMetadataError =>
  new UserMetadataError(
    "parameter_unknown",
    `Users cannot be searched by ${JSON.stringify(parameter)}, only by user_id. Pass clerkDialect({ users: { exists, list } }) to search your own users.`,
    { details: { parameter } },
  );
