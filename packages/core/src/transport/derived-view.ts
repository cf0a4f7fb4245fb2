import type { Caller, RequestBody, RequestView, ResponseHeaders } from "./request-view.ts";

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

  get admit(): ((caller: Caller) => void | Promise<void>) | undefined {
    return this.#request.admit;
  }

  get isSecure(): boolean | undefined {
    return this.#request.isSecure;
  }

  /** Asked for only if something is written: an adapter may make it when it is asked for. */
  get signal(): AbortSignal | undefined {
    return this.#request.signal;
  }

  header(name: string): string | undefined {
    return this.#request.header(name);
  }

  body(maxBytes: number): Promise<RequestBody> {
    return this.#request.body(maxBytes);
  }
}
