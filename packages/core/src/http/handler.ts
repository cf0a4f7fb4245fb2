import { type Actor, isReason } from "../document/actor.ts";
import { checkUserId } from "../document/user-id.ts";
import type { Engine } from "../engine.ts";
import { conceal, invalidOption, UserMetadataError } from "../errors.ts";
import { readBearer } from "../sessions/bearer.ts";
import type { Session } from "../sessions/session.ts";
import { requestAborted } from "../transport/body-errors.ts";
import { derive } from "../transport/derived-view.ts";
import { addHeaders, collectHeaders } from "../transport/headers.ts";
import type { Outcome } from "../transport/outcome.ts";
import type { RequestView } from "../transport/request-view.ts";
import type { AdminCheck } from "./admin-keys.ts";
import { acceptPatch } from "./body.ts";
import { errorOutcome } from "./problem.ts";
import type { Dialect, MountedRoute, Route, RouteCall } from "./route.ts";
import { createRouter, type RouteMatch } from "./router.ts";

/** Who may pass. */
export interface Doors {
  readonly verifySession: (request: RequestView) => Promise<Session>;
  readonly checkAdmin: AdminCheck;
}

/** Answers what the table knows; `undefined` is for the app. Never rejects. */
export type Handler = (request: RequestView) => Promise<Outcome | undefined>;

/** A route and the protocol that it is of. */
interface Entry extends Route, MountedRoute {
  readonly dialect: Dialect;
}

/** The tables of the dialects as one. @throws UserMetadataError `options_invalid`, also if two have the same path */
export const toEntries = (dialects: readonly Dialect[], engine: Engine): readonly Entry[] => {
  const isList =
    Array.isArray(dialects as unknown) && dialects.every((dialect) => typeof dialect?.routes === "function");
  if (!isList) throw invalidOption("dialects is not a list of dialects; write it as [nativeDialect()]");
  const owners = new Map<string, Dialect>();
  return dialects.flatMap((dialect) =>
    dialect.routes(engine).map((route) => {
      const shape = route.path.replace(/:\w+/g, ":");
      const owner = owners.get(shape) ?? dialect;
      if (owner !== dialect)
        throw invalidOption(`The dialects ${owner.name} and ${dialect.name} both answer ${route.path}`);
      owners.set(shape, dialect);
      return { ...route, dialect, toOutcome: dialect.toOutcome ?? errorOutcome };
    }),
  );
};

/** The one place where a request meets the route tables. */
export const createHandler = (entries: readonly Entry[], doors: Doors): Handler => {
  const router = createRouter(entries);
  return async (request) => {
    const match = router(request.path);
    if (match === undefined) return undefined;
    const { dialect, toOutcome } = match.methods.values().next().value as Entry;
    const isServlet = dialect.routing === "servlet";
    if (request.method === "OPTIONS" && !isServlet) return toOptions(match);
    const route = match.methods.get(request.method === "HEAD" && !isServlet ? "GET" : request.method);
    const collected = collectHeaders();
    try {
      if (route === undefined) throw methodNotAllowed(request.method, allowed(match));
      const seen = derive(request, { response: collected });
      const caller = await letIn(seen, route, doors);
      return addHeaders(await route.handle(toCall(seen, match.parameters, caller)), collected);
    } catch (error) {
      const failure = toFailure(error, request);
      return addHeaders(toOutcome(route?.who === "admin" ? failure : conceal(failure)), collected);
    }
  };
};

/** Who has been let in. */
interface LetIn {
  readonly session: Session | undefined;
  readonly by: Actor;
}

/** Lets the caller of a route in, or throws. */
const letIn = async (request: RequestView, { who, dialect }: Entry, doors: Doors): Promise<LetIn> => {
  const via = dialect.name;
  if (who === "session") {
    const session = await doors.verifySession(request);
    const userId = session.getUserId();
    await request.admit?.({ userId });
    return { session, by: { kind: "user", id: userId, via } };
  }
  // A route for anyone that writes is a server's, whose door the app has opened.
  if (who === "anyone") return { session: undefined, by: { kind: "admin", id: "anyone", via } };
  const { index, name } = await doors.checkAdmin((dialect.readAdminKey ?? readBearer)(request));
  await request.admit?.({ adminKey: index });
  return { session: undefined, by: { kind: "admin", id: name, via } };
};

/** Why it is written, as the header says in percent-encoded UTF-8. @throws UserMetadataError `reason_invalid` */
const readReason = (request: RequestView): string | undefined => {
  const header = request.header("usermeta-reason");
  if (header === undefined || /^(GET|HEAD)$/.test(request.method)) return undefined;
  try {
    const reason = decodeURIComponent(header);
    if (isReason(reason)) return reason;
  } catch {
    // It is told below.
  }
  throw new UserMetadataError(
    "reason_invalid",
    "The header Usermeta-Reason is not a text of 1 to 256 characters without control characters. Encode it with encodeURIComponent.",
  );
};

/** A write that was given up has the reason of the request's signal, which is what the platform made of it. */
const toFailure = (error: unknown, request: RequestView): unknown =>
  UserMetadataError.is(error) || !request.signal?.aborted ? error : requestAborted(error);

const toCall = (
  request: RequestView,
  encoded: Readonly<Record<string, string>>,
  { session, by }: LetIn,
): RouteCall => {
  const parameters: Record<string, string> = {};
  for (const [name, segment] of Object.entries(encoded)) parameters[name] = decode(segment);
  const { userId } = parameters;
  return {
    request,
    session,
    author: { by, reason: readReason(request) },
    parameters,
    userId: session?.getUserId() ?? (userId === undefined ? "" : checkUserId(userId)),
  };
};

const toOptions = (match: RouteMatch<Entry>): Outcome => {
  const patch = match.methods.get("PATCH");
  const headers = { allow: allowed(match).join(", "), ...(patch && acceptPatch(patch.reads)) };
  return { status: 204, headers, body: undefined };
};

const allowed = ({ methods }: RouteMatch<Entry>): string[] => {
  const names = [...methods.keys()];
  return ["OPTIONS", ...(names.includes("GET") ? ["HEAD"] : []), ...names];
};

const decode = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new UserMetadataError(
      "path_invalid",
      "A segment of the path is not percent-encoded UTF-8. Encode it with encodeURIComponent.",
    );
  }
};

const methodNotAllowed = (method: string, allow: readonly string[]): UserMetadataError =>
  new UserMetadataError("method_not_allowed", `${method} is not answered here. Use ${allow.join(", ")}.`, {
    details: { allow },
  });
