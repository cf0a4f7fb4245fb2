import {
  type CustomDecorator,
  createParamDecorator,
  type ExecutionContext,
  Inject,
  SetMetadata,
} from "@nestjs/common";
import { type Session as OurSession, UserMetadataError } from "@usermeta/core";
import { getSession } from "@usermeta/node";

/** The injection token of the engine. */
export const USER_METADATA: unique symbol = Symbol.for("usermeta.engine");

/**
 * Injects the engine into a constructor.
 *
 * @example
 * ```ts
 * import { Injectable } from "@nestjs/common";
 * import type { UserMetadataEngine } from "@usermeta/core";
 * import { InjectUserMetadata } from "@usermeta/nest";
 *
 * @Injectable()
 * export class PlanService {
 *   constructor(@InjectUserMetadata() private readonly metadata: UserMetadataEngine) {}
 *
 *   async planOf(userId: string) {
 *     return (await this.metadata.getUserMetadata(userId)).publicMetadata.plan;
 *   }
 * }
 * ```
 */
export const InjectUserMetadata = (): PropertyDecorator & ParameterDecorator => Inject(USER_METADATA);

/** What a handler or a controller says about requests without a session. */
export type Access = "public" | "optional" | undefined;

/** The key of Nest's reflector for `Access`. */
export const ACCESS = "usermeta:access";

/**
 * For a handler or a controller: `AuthGuard` lets every request through, and does not look for a session.
 *
 * @example
 * ```ts
 * import { Controller, Get, UseGuards } from "@nestjs/common";
 * import { AuthGuard, Public, Session } from "@usermeta/nest";
 *
 * @Controller()
 * @UseGuards(AuthGuard)
 * export class AppController {
 *   @Get("health")
 *   @Public()
 *   health() {
 *     return "ok";
 *   }
 *
 *   @Get("me")
 *   me(@Session() session: Session) {
 *     return { userId: session.getUserId() };
 *   }
 * }
 * ```
 */
export const Public = (): CustomDecorator => SetMetadata(ACCESS, "public");

/**
 * For a handler or a controller: `AuthGuard` lets requests without credentials through; bad ones are refused.
 *
 * @example
 * ```ts
 * import { Controller, Get, UseGuards } from "@nestjs/common";
 * import { AuthGuard, OptionalSession, Session } from "@usermeta/nest";
 *
 * @Controller()
 * @UseGuards(AuthGuard)
 * export class AppController {
 *   @Get("me")
 *   @OptionalSession()
 *   me(@Session() session: Session | undefined) {
 *     return { userId: session?.getUserId() ?? null };
 *   }
 * }
 * ```
 */
export const OptionalSession = (): CustomDecorator => SetMetadata(ACCESS, "optional");

/** Who is calling. */
export type Session = OurSession;

/**
 * A handler's parameter: the session that the guard found, `undefined` for an anonymous request that it let through.
 * @throws UserMetadataError `session_middleware_missing` if no guard of ours has run
 *
 * @example
 * ```ts
 * import { Controller, Get, UseGuards } from "@nestjs/common";
 * import { AuthGuard, Session } from "@usermeta/nest";
 *
 * @Controller()
 * export class AppController {
 *   @Get("me")
 *   @UseGuards(AuthGuard)
 *   me(@Session() session: Session) {
 *     return { userId: session.getUserId() };
 *   }
 * }
 * ```
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
