import type { CanActivate, CustomDecorator, ExecutionContext } from "@nestjs/common";
import { createParamDecorator, Inject, Injectable, SetMetadata } from "@nestjs/common";
import { Reflector } from "@nestjs/core";
import type {
  MetadataHttp,
  Session as OurSession,
  ResponseHeaders,
  VerifySessionOptions,
} from "@usermeta/core";
import { UserMetadataError } from "@usermeta/core";
import {
  attachSession,
  getSession,
  type HeaderReply,
  type NodeRequest,
  toRequestView,
  toResponseHeaders,
} from "@usermeta/node";
import { toException } from "./refusal.ts";

/** The injection token of the engine. */
export const USER_METADATA: unique symbol = Symbol.for("usermeta.engine");

/** Injects the engine: `constructor(@InjectUserMetadata() private readonly metadata: UserMetadataEngine)`. */
export const InjectUserMetadata = (): PropertyDecorator & ParameterDecorator => Inject(USER_METADATA);

type Access = "public" | "optional" | undefined;
const ACCESS = "usermeta:access";

/** For a handler or a controller: `AuthGuard` lets every request through, and does not look for a session. */
export const Public = (): CustomDecorator => SetMetadata(ACCESS, "public");

/** For a handler or a controller: `AuthGuard` lets requests without credentials through; bad ones are refused. */
export const OptionalSession = (): CustomDecorator => SetMetadata(ACCESS, "optional");

const admit = async (metadata: MetadataHttp, context: ExecutionContext, access: Access): Promise<boolean> => {
  if (context.getType() !== "http") return false;
  // Express' request is Node's own, Fastify's has it as raw.
  const http = context.switchToHttp();
  const request = http.getRequest<NodeRequest & { readonly raw?: NodeRequest }>();
  const reply = http.getResponse<ResponseHeaders | HeaderReply>();
  const response = "setHeader" in reply ? reply : toResponseHeaders(reply);
  const view = toRequestView(request.raw ?? request, { raw: request, response });
  const options = { required: access !== "optional" };
  try {
    const session = access === "public" ? undefined : await metadata.verifySession(view, options);
    attachSession(request, session);
    return session !== undefined || access === "public" || access === "optional";
  } catch (error) {
    throw toException(error);
  }
};

/**
 * Lets requests with a session through to a handler, a controller or, as `APP_GUARD`, the app. A handler's `@Public()`
 * or `@OptionalSession()` counts before its controller's. Denied: all that is not HTTP, and all without an engine.
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

/** A guard that heeds no decorators: `@UseGuards(verifySession(metadata))`. The module answers its refusals too. */
export const verifySession = (metadata: MetadataHttp, options: VerifySessionOptions = {}): CanActivate => ({
  canActivate: (context) => admit(metadata, context, options.required === false ? "optional" : undefined),
});

/** Who is calling. */
export type Session = OurSession;

/**
 * A handler's parameter: the session that the guard found, `undefined` where it let an anonymous request through.
 * @throws UserMetadataError `session_middleware_missing` where no guard of ours has run
 */
export const Session: () => ParameterDecorator = createParamDecorator(
  (_: unknown, context: ExecutionContext): Session | undefined => {
    try {
      return getSession(context.switchToHttp().getRequest<object>());
    } catch (error) {
      if (UserMetadataError.is(error) && error.code === "session_missing") return undefined;
      throw error;
    }
  },
);
