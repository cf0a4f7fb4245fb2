/** What adapters would else each have again: a mount point, and a session on whatever a framework has for a request. */
import { invalidOption, UserMetadataError } from "../errors.ts";
import type { Session } from "../sessions/session.ts";
import type { Outcome } from "../transport/outcome.ts";
import type { RequestBody, RequestView, ResponseHeaders } from "../transport/request-view.ts";
import type { Handler } from "./handler.ts";

/**
 * The routes below a path, for frameworks that leave the mount point in the path: `"/auth"` answers `/auth/metadata`
 * and nothing else. A slash at its end does not matter.
 * @throws UserMetadataError `options_invalid` for a prefix that is no path
 */
export const mountAt = (metadata: { readonly handle: Handler }, prefix: string): Handler => {
  const base = prefix.replace(/\/+$/, "");
  if (!/^(\/[^?#]*)?$/.test(base))
    throw invalidOption(`The prefix ${JSON.stringify(prefix)} is no path; begin it with /`);
  if (base === "") return (request) => metadata.handle(request);
  return async (request) => {
    if (!request.path.startsWith(`${base}/`)) return undefined;
    return metadata.handle(derive(request, { path: request.path.slice(base.length) }));
  };
};

/** The same request, but for what is given. A view may be an instance of a class, so it is not spread. */
export const derive = (
  request: RequestView,
  { path = request.path, response = request.response }: Partial<Pick<RequestView, "path" | "response">>,
): RequestView => new DerivedView(request, path, response);

/** A class, as a request that is answered makes one: its functions are made once. */
class DerivedView implements RequestView {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly raw: object | undefined;
  readonly response: ResponseHeaders | undefined;
  readonly #request: RequestView;

  constructor(request: RequestView, path: string, response: ResponseHeaders | undefined) {
    this.method = request.method;
    this.path = path;
    this.query = request.query;
    this.raw = request.raw;
    this.response = response;
    this.#request = request;
  }

  header(name: string): string | undefined {
    return this.#request.header(name);
  }

  body(maxBytes: number): Promise<RequestBody> {
    return this.#request.body(maxBytes);
  }
}

/** What a session verifier wants to be sent, kept until there is an answer to send it with. */
export interface CollectedHeaders extends ResponseHeaders {
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

const NONE: ReadonlyMap<string, readonly string[]> = new Map();

/** For a framework whose answer is made after the session is verified: `response` of a `RequestView`. */
export const collectHeaders = (): CollectedHeaders => new Collected();

class Collected implements CollectedHeaders {
  #headers: Map<string, readonly string[]> | undefined;

  get headers(): ReadonlyMap<string, readonly string[]> {
    return this.#headers ?? NONE;
  }

  setHeader(name: string, value: string): void {
    this.#headers ??= new Map();
    this.#headers.set(name.toLowerCase(), [value]);
  }

  appendHeader(name: string, value: string): void {
    const key = name.toLowerCase();
    this.#headers ??= new Map();
    this.#headers.set(key, [...(this.#headers.get(key) ?? []), value]);
  }
}

/** An outcome with what was collected, beside its own headers. */
export const addHeaders = (outcome: Outcome, { headers }: CollectedHeaders): Outcome => {
  if (headers.size === 0) return outcome;
  const all: Record<string, string | readonly string[]> = { ...outcome.headers };
  for (const [name, values] of headers) all[name] = [...[all[name] ?? []].flat(), ...values];
  return { ...outcome, headers: all };
};

const SESSION: unique symbol = Symbol.for("usermeta.session");

type Carrier = { [SESSION]?: Session | null };

/** Puts a session, or that there is none, where `getSession` finds it. */
export const attachSession = (request: object, session: Session | undefined): void => {
  (request as Carrier)[SESSION] = session ?? null;
};

/**
 * The session that `verifySession` found on a request.
 * @throws UserMetadataError `session_middleware_missing`, and `session_missing` for an anonymous request
 */
export const getSession = (request: object): Session => {
  const session = (request as Carrier)[SESSION];
  if (session) return session;
  throw session === null
    ? new UserMetadataError("session_missing", "This request is anonymous, as its route allows.")
    : new UserMetadataError(
        "session_middleware_missing",
        "verifySession(metadata) has not run for this request. Put it before the handler.",
      );
};
