import {
  BadRequestException,
  Body,
  Controller,
  HttpCode,
  type INestApplication,
  Module,
  type OnModuleDestroy,
  Post,
  UseGuards,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { createUserMetadata, jwtSessions, tokenIssuer, type UserMetadataEngine } from "@usermeta/core";
import { AuthGuard, InjectUserMetadata, Session, UserMetadataModule } from "@usermeta/nest";
import { sqliteStore } from "@usermeta/store-sqlite";

/** What the example is built from. */
export interface ExampleOptions {
  /** The SQLite file, made if there is none. */
  readonly path: string;
  /** What server-to-server callers of `/users/:userId/metadata` send as their bearer token. */
  readonly adminKey: string;
}

const ISSUER = { issuer: "usermeta-example", audience: "usermeta-example" };

@Controller()
class UserController {
  readonly #metadata: UserMetadataEngine;

  constructor(@InjectUserMetadata() metadata: UserMetadataEngine) {
    this.#metadata = metadata;
  }

  /** FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. Your sign-in checks a password or a passkey first. */
  @Post("dev/sign-in")
  @HttpCode(200)
  async signIn(@Body("userId") userId: unknown) {
    if (typeof userId !== "string") throw new BadRequestException('Send {"userId":"jane"}.');
    return { token: await this.#metadata.issueToken(userId) };
  }

  /** The user cannot write the public tier. This route can, after the app's own check. */
  @Post("birthday")
  @HttpCode(200)
  @UseGuards(AuthGuard)
  async birthday(@Session() session: Session, @Body("birthday") birthday: unknown) {
    if (typeof birthday !== "string" || !/^\d{4}-\d\d-\d\d$/.test(birthday))
      throw new BadRequestException('Send {"birthday":"1990-05-17"}.');
    await this.#metadata.updateUserMetadata(session.getUserId(), { publicMetadata: { birthday } });
    return { message: "successfully updated user metadata" };
  }
}

/** Builds the example, not yet listening; the store is closed with the app. */
export const buildApp = ({ path, adminKey }: ExampleOptions): Promise<INestApplication> => {
  // The issuer's key lives in memory: a restart ends all sessions. Pass `keys` to keep them.
  const issuer = tokenIssuer(ISSUER);
  const metadata = createUserMetadata({
    store: sqliteStore({ path }),
    sessions: jwtSessions({ ...ISSUER, keys: issuer.jwks }),
    adminKeys: [adminKey],
    issuer,
  });

  @Module({ imports: [UserMetadataModule.forRoot({ metadata })], controllers: [UserController] })
  class AppModule implements OnModuleDestroy {
    onModuleDestroy() {
      return metadata.close();
    }
  }
  return NestFactory.create(AppModule, { logger: ["error", "warn"] });
};
