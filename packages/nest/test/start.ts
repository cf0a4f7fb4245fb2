import type { AddressInfo } from "node:net";
import {
  type ArgumentsHost,
  Catch,
  Controller,
  Get,
  HttpCode,
  Module,
  NotFoundException,
  Post,
  UseGuards,
} from "@nestjs/common";
import { type AbstractHttpAdapter, NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import type { StartHttpApp } from "@usermeta/conformance/http";
import type { UserMetadataEngine } from "@usermeta/core";
import { AuthGuard, InjectUserMetadata, OptionalSession, Session, UserMetadataModule } from "@usermeta/nest";

@Controller()
@UseGuards(AuthGuard)
class OwnController {
  @Post("own")
  @HttpCode(200)
  own(@Session() session: Session) {
    return { userId: session.getUserId(), tenantId: session.getTenantId() };
  }

  @Get("own-optional")
  @OptionalSession()
  ownOptional(@Session() session: Session | undefined) {
    return { userId: session?.getUserId() ?? null };
  }
}

@Controller()
@UseGuards(AuthGuard)
class MetadataController {
  readonly #metadata: UserMetadataEngine;
  constructor(metadata: UserMetadataEngine) {
    this.#metadata = metadata;
  }

  @Get("own-metadata")
  async ownMetadata(@Session() session: Session) {
    const { version } = await this.#metadata.getUserMetadata(session.getUserId());
    return { version };
  }
}
InjectUserMetadata()(MetadataController, undefined, 0);

@Catch(NotFoundException)
class NotFoundFilter {
  readonly #adapter: AbstractHttpAdapter;
  constructor(adapter: AbstractHttpAdapter) {
    this.#adapter = adapter;
  }
  catch(_: NotFoundException, host: ArgumentsHost) {
    this.#adapter.reply(host.switchToHttp().getResponse(), "app 404", 404);
  }
}

/** The conformance suite's app on a platform of Nest. */
const startOn =
  <A extends AbstractHttpAdapter>(
    makeAdapter: () => A,
    parseFirst: (adapter: A) => void = () => {},
  ): StartHttpApp =>
  async (metadata, { prefix, bodyParser }) => {
    @Module({
      imports: [UserMetadataModule.forRoot({ metadata, prefix })],
      controllers: [OwnController, MetadataController],
    })
    class AppModule {}
    const adapter = makeAdapter();
    // With Nest's own parser in every mount. In one, the app's own comes before our routes.
    const app = await NestFactory.create(AppModule, adapter, { logger: false });
    if (bodyParser) parseFirst(adapter);
    app.useGlobalFilters(new NotFoundFilter(adapter));
    await app.listen(0, "127.0.0.1");
    const { port } = app.getHttpServer().address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}`, close: () => app.close() };
  };

/** How the suite runs on Express. */
export const onExpress = {
  start: startOn(
    () => new ExpressAdapter(),
    (adapter) => adapter.useBodyParser("json", false, {}),
  ),
};

const unparsed = "Fastify parses after the middleware, so that we read what was sent";

/** What Fastify does not have in common with Express. */
const skip = {
  "a malformed percent-encoding in the path is a 400 path_invalid":
    "Fastify's router answers it with a 400 of its own, before any hook or middleware",
  "behind a parser: any integer beyond 2^53 is refused, for it may have been rounded": unparsed,
  "behind a parser: U+FFFD is refused, for it may stand for bytes that were not UTF-8": unparsed,
  "behind a parser: what it has inflated is not called compressed": unparsed,
};

/** How the suite runs on Fastify. */
export const onFastify = { start: startOn(() => new FastifyAdapter()), skip };

/** How the suite runs on Fastify by HTTP/2. */
export const onFastifyHttp2 = {
  // Its types are those of HTTP/1.1.
  start: startOn(() => new FastifyAdapter({ http2: true } as object)),
  http2: true,
  skip,
};
