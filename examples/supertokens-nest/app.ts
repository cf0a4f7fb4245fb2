import {
  type ArgumentsHost,
  Body,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  HttpCode,
  type INestApplication,
  Module,
  type OnModuleDestroy,
  Options,
  Post,
  Req,
  Res,
  Session,
  UseGuards,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import {
  CHECKED,
  type ExampleOptions,
  initSuperTokens,
  toUser,
  updateInfo,
} from "@usermeta/example-supertokens";
import { UserMetadataModule } from "@usermeta/nest";
import type { Response } from "express";
import SuperTokens from "supertokens-node";
import { errorHandler, middleware, type SessionRequest } from "supertokens-node/framework/express";
import { createNewSession, type SessionContainer } from "supertokens-node/recipe/session";
import { verifySession } from "supertokens-node/recipe/session/framework/express";

/** Lets in a request with a session, and no other: not OPTIONS either, which SuperTokens lets through without. */
class SuperTokensGuard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<SessionRequest>();
    // If it refuses, it answers by itself; what Nest does about `false` finds the answer sent.
    await verifySession(CHECKED)(request, http.getResponse<Response>(), rethrow);
    return request.session !== undefined;
  }
}

const rethrow = (error?: unknown): void => {
  if (error !== undefined) throw error;
};

/** What SuperTokens throws in a handler, such as that the session has ended meanwhile, is for SuperTokens to answer. */
@Catch(SuperTokens.Error)
class SuperTokensFilter implements ExceptionFilter {
  catch(error: Error, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    return errorHandler()(error, http.getRequest(), http.getResponse(), http.getNext());
  }
}

@Controller()
class UserController {
  /** FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. SuperTokens' recipes have sign-ins that ask for proof. */
  @Post("dev/sign-in")
  @HttpCode(200)
  async signIn(
    @Req() request: SessionRequest,
    @Res({ passthrough: true }) response: Response,
    @Body("userId") userId: unknown,
  ) {
    const session = await createNewSession(request, response, "public", toUser(userId));
    return { userId: session.getUserId() };
  }

  @Post("updateinfo")
  @HttpCode(200)
  @UseGuards(SuperTokensGuard)
  updateInfo(@Session() session: SessionContainer) {
    return updateInfo(session.getUserId());
  }

  @Options("updateinfo")
  @HttpCode(204)
  allow() {}
}

/** Builds the example, not yet listening; the SQLite file is closed with the app. */
export const buildApp = async (options: ExampleOptions): Promise<INestApplication> => {
  const metadata = initSuperTokens("express", options);

  @Module({
    imports: [UserMetadataModule.forRoot({ metadata, prefix: "/usermeta" })],
    controllers: [UserController],
  })
  class AppModule implements OnModuleDestroy {
    onModuleDestroy() {
      return metadata.close();
    }
  }
  const app = await NestFactory.create(AppModule, { logger: ["error", "warn"] });
  app.use(middleware());
  app.useGlobalFilters(new SuperTokensFilter());
  return app;
};
