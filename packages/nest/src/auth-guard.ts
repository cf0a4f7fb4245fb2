import { type CanActivate, type ExecutionContext, Inject, Injectable } from "@nestjs/common";
import { Reflector } from "@nestjs/core";
import { checkEngine, type MetadataHttp, type VerifySessionOptions } from "@usermeta/core";
import { attachSession, type NodeRequest, setErrorHeaders, toRequestView } from "@usermeta/node";
import { ACCESS, type Access, USER_METADATA } from "./decorators.ts";
import { responseOf } from "./failure-headers.ts";
import { toException } from "./refusal.ts";

const admit = async (metadata: MetadataHttp, context: ExecutionContext, access: Access): Promise<boolean> => {
  if (context.getType() !== "http") return false;
  // The request of Express is Node's own. That of Fastify has Node's as `raw`.
  const http = context.switchToHttp();
  const request = http.getRequest<NodeRequest & { readonly raw?: NodeRequest }>();
  const response = responseOf(context);
  const view = toRequestView(request.raw ?? request, { raw: request, response });
  const options = { required: access !== "optional" };
  try {
    const session = access === "public" ? undefined : await metadata.verifySession(view, options);
    attachSession(request, session);
    return session !== undefined || access === "public" || access === "optional";
  } catch (error) {
    setErrorHeaders(response, error);
    throw toException(error);
  }
};

/**
 * Lets requests with a session through to a handler, a controller or, as `APP_GUARD`, the app. A handler's `@Public()`
 * or `@OptionalSession()` takes precedence over its controller's. A call that is not HTTP is denied, even if public.
 *
 * @example
 * ```ts
 * import { Module } from "@nestjs/common";
 * import { APP_GUARD } from "@nestjs/core";
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { AuthGuard, UserMetadataModule } from "@usermeta/nest";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 *
 * @Module({
 *   imports: [UserMetadataModule.forRoot({ metadata, prefix: "/auth" })],
 *   providers: [{ provide: APP_GUARD, useClass: AuthGuard }],
 * })
 * export class AppModule {}
 * ```
 */
export class AuthGuard implements CanActivate {
  readonly #metadata: MetadataHttp;

  constructor(metadata: MetadataHttp) {
    this.#metadata = metadata;
  }

  canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    return admit(this.#metadata, context, new Reflector().getAllAndOverride<Access>(ACCESS, targets));
  }
}
Injectable()(AuthGuard);
Inject(USER_METADATA)(AuthGuard, undefined, 0);

/**
 * Makes a guard that ignores `@Public()` and `@OptionalSession()`. `{ required: false }` lets a request without
 * credentials through. `UserMetadataModule` must be imported: it answers the refusals.
 *
 * @example
 * ```ts
 * import { Controller, Get, UseGuards } from "@nestjs/common";
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { Session, verifySession } from "@usermeta/nest";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 *
 * @Controller()
 * export class AppController {
 *   @Get("me")
 *   @UseGuards(verifySession(metadata))
 *   me(@Session() session: Session) {
 *     return { userId: session.getUserId() };
 *   }
 * }
 * ```
 */
export function verifySession(metadata: MetadataHttp, options: VerifySessionOptions = {}): CanActivate {
  // Not an arrow: Nest makes an instance of what was never called, and its start fails with what this throws.
  checkEngine(metadata, "verifySession");
  const access = options.required === false ? "optional" : undefined;
  return { canActivate: (context) => admit(metadata, context, access) };
}
