import type { JsonObject } from "../../document/json.ts";
import { isUserId } from "../../document/user-id.ts";
import type { Engine } from "../../engine.ts";
import { UserMetadataError } from "../../errors.ts";
import type { FoundPage } from "../../storing/find.ts";
import {
  type Filters,
  invalidQuery,
  type Row,
  toOne,
  toRow,
  toTest,
  toWhere,
  wantedOf,
} from "./clerk-filters.ts";

/** What a list asks for. */
export interface ClerkUserQuery {
  /** 1 to 500. For a count it is 1. */
  readonly limit: number;
  readonly offset: number;
  /** As it was sent, `+created_at` say. @default "-created_at", the newest first */
  readonly orderBy: string;
  /** All other parameters by their names on the wire: `user_id`, `email_address`, `query`. */
  readonly filters: Filters;
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
  /** Finds users for `GET /v1/users`. @default those who have metadata, as `docs/clerk.md` tells */
  list?(query: ClerkUserQuery): ClerkUserPage | Promise<ClerkUserPage>;
}

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 500;
const ORDERS = ["created_at", "updated_at", "username", "first_name", "last_name"] as const;
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

interface Range {
  readonly fallback: number;
  readonly from: number;
  readonly to: number;
}

const toNumber = (name: string, values: readonly string[] | undefined, range: Range): number => {
  const text = toOne(name, values);
  const number = text === undefined ? range.fallback : Number(/^\d{1,16}$/.test(text) ? text : Number.NaN);
  if (number >= range.from && number <= range.to) return number;
  throw invalidQuery(
    `${name} is ${JSON.stringify(text)}; give a whole number from ${range.from} to ${range.to}`,
  );
};

/** The users with metadata: reads all documents for an order that the store does not know. */
export const listDocuments = async (engine: Engine, query: ClerkUserQuery): Promise<ClerkUserPage> => {
  const { filters, orderBy, offset, limit } = query;
  const order = toOrder(orderBy);
  const test = toTest(filters);
  const wanted = wantedOf(filters.user_id ?? []);
  const rows =
    wanted.length > 0 ? await readRows(engine, wanted) : await searchRows(engine, toWhere(filters));
  const matching = rows.filter(test).sort(order);
  const userIds = matching.slice(offset, offset + limit).map((row) => row.user_id);
  return { userIds, totalCount: matching.length };
};

const toOrder = (orderBy: string): ((a: Row, b: Row) => number) => {
  // An unescaped + in a query is a space.
  const [, sign, name] = /^([-+ ]?)(.*)$/s.exec(orderBy) ?? [];
  const field = ORDERS.find((each) => each === name);
  if (field === undefined)
    throw invalidQuery(`order_by is ${JSON.stringify(orderBy)}; use ${ORDERS.join(", ")}, with + or -`);
  const direction = sign === "-" ? -1 : 1;
  return ({ [field]: a }, { [field]: b }) => direction * compare(a ?? "", b ?? "");
};

const compare = <T extends string | number>(a: T, b: T): number => {
  if (a === b) return 0;
  return a < b ? -1 : 1;
};

const readRows = async (engine: Engine, wanted: readonly string[]): Promise<Row[]> => {
  const userIds = [...new Set(wanted)].filter(isUserId);
  const rows = await Promise.all(
    userIds.map(async (userId) => {
      const document = await engine.read(userId);
      return document.version > 0 ? [toRow(userId, document)] : [];
    }),
  );
  return rows.flat();
};

/** What the store cannot search by, it lists. */
const searchRows = async (engine: Engine, where: JsonObject): Promise<Row[]> =>
  findRows(engine, where).catch((error: unknown) => {
    if (UserMetadataError.is(error) && error.code === "search_unsupported") return findRows(engine, {});
    throw error;
  });

const findRows = async (engine: Engine, where: JsonObject): Promise<Row[]> => {
  const rows: Row[] = [];
  for (let cursor: string | undefined = ""; cursor !== undefined; ) {
    // Clerk has no words for a document that cannot be read.
    const page: FoundPage = await engine.find({ tier: "private", where, limit: MAX_LIMIT, cursor });
    for (const { userId, document } of page.found) rows.push(toRow(userId, document));
    cursor = page.cursor;
  }
  return rows;
};
