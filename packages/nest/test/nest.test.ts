import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type ArgumentsHost,
  type CanActivate,
  Catch,
  Controller,
  type DynamicModule,
  type ExceptionFilter,
  Get,
  HttpException,
  type INestApplication,
  Injectable,
  type LoggerService,
  Module,
  type NestApplicationOptions,
  Post,
  Req,
  type Type,
  UseGuards,
} from "@nestjs/common";
import { type AbstractHttpAdapter, APP_GUARD, ExternalContextCreator, NestFactory } from "@nestjs/core";
import { ExpressAdapter, type NestExpressApplication } from "@nestjs/platform-express";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import { createUserMetadata, type MetadataHttp, memoryStore } from "@usermeta/core";
import {
  AuthGuard,
  getSession,
  InjectUserMetadata,
  OptionalSession,
  Public,
  Session,
  USER_METADATA,
  UserMetadataModule,
  userMetadata,
  verifySession,
} from "@usermeta/nest";
import { describe, expect, expectTypeOf, onTestFinished, test } from "vitest";
import { failingStore, issuingEngine, sessionsOf, signedIn } from "../../../test/engines.ts";

const metadata = issuingEngine();
const broken = createUserMetadata({ store: failingStore, sessions: sessionsOf(metadata) });
const noDirectory = createUserMetadata({
  store: memoryStore(),
  sessions: () => Promise.reject(new Error("no directory")),
});

const GARBAGE = { authorization: "Bearer garbage" };

const PLATFORMS = {
  Express: () => new ExpressAdapter(),
  Fastify: () => new FastifyAdapter(),
} satisfies Record<string, () => AbstractHttpAdapter>;

interface AppOptions extends NestApplicationOptions {
  readonly imports?: (DynamicModule | Type)[];
  readonly controllers?: Type[];
  readonly guard?: Type<CanActivate>;
  readonly globalPrefix?: string;
}

const appOn = async (
  makeAdapter: () => AbstractHttpAdapter,
  { imports = [UserMetadataModule.forRoot({ metadata })], controllers = [], ...options }: AppOptions = {},
) => {
  const { guard, globalPrefix = "", ...nest } = options;
  const providers = guard ? [{ provide: APP_GUARD, useClass: guard }] : [];
  @Module({ imports, controllers, providers })
  class AppModule {}
  const app = await NestFactory.create(AppModule, makeAdapter(), {
    logger: false,
    abortOnError: false,
    ...nest,
  });
  onTestFinished(() => app.close());
  return app.setGlobalPrefix(globalPrefix);
};

const start = async (makeAdapter: () => AbstractHttpAdapter, options: AppOptions = {}) =>
  listen(await appOn(makeAdapter, options));

const listen = async (app: INestApplication) => {
  await app.listen(0, "127.0.0.1");
  const { port } = app.getHttpServer().address() as AddressInfo;
  return async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, init);
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, json: () => JSON.parse(text) };
  };
};

/** A logger, and the errors that it has logged. */
const logbook = () => {
  const logged: unknown[] = [];
  const logger: LoggerService = { log: () => {}, warn: () => {}, error: (each) => logged.push(each) };
  return { logged, logger };
};

/** Handlers that have run although a guard must deny the request. */
const ran: string[] = [];

@Controller()
class Whoami {
  @Get("whoami")
  whoami(@Session() session: Session | undefined) {
    ran.push("whoami");
    return { userId: session?.getUserId() ?? null };
  }

  @Get("public")
  @Public()
  open(@Session() session: Session | undefined) {
    return { userId: session?.getUserId() ?? null };
  }

  @Get("optional")
  @OptionalSession()
  optional(@Session() session: Session | undefined) {
    return { userId: session?.getUserId() ?? null };
  }
}

@Controller()
@UseGuards(AuthGuard)
class Guarded {
  @Get("guarded")
  guarded(@Session() session: Session, @Req() request: object) {
    expectTypeOf(session).toEqualTypeOf<Session>();
    return [session.getUserId(), getSession(request).getUserId()];
  }
}

/** An app's own filter for everything; it answers with the exception that it got. */
@Catch()
class CatchAll implements ExceptionFilter {
  readonly #adapter: AbstractHttpAdapter;
  constructor(adapter: AbstractHttpAdapter) {
    this.#adapter = adapter;
  }
  catch(exception: Error, host: ArgumentsHost) {
    const seen =
      exception instanceof HttpException
        ? { status: exception.getStatus(), problem: exception.getResponse() }
        : { name: exception.name, cause: (exception.cause as Error).message };
    this.#adapter.reply(host.switchToHttp().getResponse(), seen, 418);
  }
}

describe.each(Object.entries(PLATFORMS))("on %s", (_, makeAdapter) => {
  describe("AuthGuard", () => {
    test("guards a controller; its refusal has the CORS headers of the app and no charset", async () => {
      const call = await start(makeAdapter, { controllers: [Guarded], cors: { origin: "https://app.test" } });
      const refused = await call("/guarded", { headers: { origin: "https://app.test" } });
      expect([refused.status, refused.json().code]).toEqual([401, "session_missing"]);
      expect(Object.fromEntries(refused.headers)).toMatchObject({
        "content-type": "application/problem+json",
        "www-authenticate": "Bearer",
        "cache-control": "no-store",
        "access-control-allow-origin": "https://app.test",
      });
      expect(refused.headers.has("etag")).toBe(false);
      expect((await call("/guarded", { headers: await signedIn(metadata) })).json()).toEqual([
        "jane",
        "jane",
      ]);
    });

    test("guards the whole app, except what is marked, and leaves the metadata routes alone", async () => {
      const call = await start(makeAdapter, { controllers: [Whoami], guard: AuthGuard });
      const jane = { headers: await signedIn(metadata) };
      const bad = { headers: GARBAGE };
      ran.length = 0;
      expect((await call("/whoami")).status).toBe(401);
      expect((await call("/whoami", bad)).status).toBe(401);
      expect(ran).toEqual([]);
      expect((await call("/whoami", jane)).json()).toEqual({ userId: "jane" });
      expect((await call("/public")).json()).toEqual({ userId: null });
      expect((await call("/public", bad)).json()).toEqual({ userId: null });
      expect((await call("/optional")).json()).toEqual({ userId: null });
      expect((await call("/optional", bad)).json()).toMatchObject({ code: "token_invalid" });
      expect((await call("/optional", jane)).json()).toEqual({ userId: "jane" });
      expect((await call("/openapi.json")).status).toBe(200);
      expect((await call("/nothing")).status).toBe(404);
    });

    test("takes a handler's decorator before its controller's", async () => {
      @Controller()
      @Public()
      class Mixed extends Whoami {}
      const call = await start(makeAdapter, { controllers: [Mixed], guard: AuthGuard });
      expect((await call("/whoami", { headers: GARBAGE })).json()).toEqual({ userId: null });
      expect((await call("/optional", { headers: GARBAGE })).status).toBe(401);
    });

    test("answers a HEAD request as it answers GET, without the body", async () => {
      const call = await start(makeAdapter, { controllers: [Guarded] });
      const { status, text, headers } = await call("/guarded", { method: "HEAD" });
      expect([status, text, headers.get("content-type")]).toEqual([401, "", "application/problem+json"]);
    });
  });

  test("verifySession uses its own engine and options", async () => {
    @Controller()
    class ByHand {
      @Get("required")
      @UseGuards(verifySession(metadata))
      @Public()
      required(@Session() session: Session) {
        return session.getUserId();
      }

      @Get("optional")
      @UseGuards(verifySession(metadata, { required: false }))
      optional(@Session() session?: Session) {
        return session?.getUserId() ?? "nobody";
      }
    }
    const call = await start(makeAdapter, { controllers: [ByHand] });
    const answers = [
      await call("/required"),
      await call("/optional"),
      await call("/optional", { headers: GARBAGE }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 200, 401]);
    expect(answers[1]?.text).toBe("nobody");
  });

  describe("misconfigured, it denies", () => {
    test("if a handler needs a session and no guard has run", async () => {
      const call = await start(makeAdapter, { controllers: [Whoami] });
      ran.length = 0;
      expect((await call("/whoami", { headers: await signedIn(metadata) })).status).toBe(500);
      expect(ran).toEqual([]);
    });

    test("if the guard was made without an engine, or with one that finds no session and throws nothing", async () => {
      const silent = { verifySession: async () => undefined } as unknown as MetadataHttp;
      expect(() => verifySession(undefined as never)).toThrow("verifySession has no engine");
      const guards = [new AuthGuard(undefined as never), new AuthGuard(silent)];
      for (const guard of guards) {
        @Controller()
        @UseGuards(guard)
        class ByHand extends Whoami {}
        const call = await start(makeAdapter, { controllers: [ByHand] });
        ran.length = 0;
        expect((await call("/whoami", { headers: await signedIn(metadata) })).status).toBeOneOf([403, 500]);
        expect(ran).toEqual([]);
      }
    });

    test("if a verifier fails, which Nest logs", async () => {
      const { logged, logger } = logbook();
      const imports = [UserMetadataModule.forRoot({ metadata: noDirectory })];
      const call = await start(makeAdapter, { imports, controllers: [Whoami], guard: AuthGuard, logger });
      for (const path of ["/whoami", "/optional"]) {
        const failed = await call(path);
        expect([failed.status, failed.text]).toEqual([500, expect.not.stringContaining("directory")]);
      }
      expect(logged).toEqual(Array(2).fill(expect.objectContaining({ code: "internal_error" })));
    });
  });

  describe("errors", () => {
    const imports = [UserMetadataModule.forRoot({ metadata: broken })];

    test("a failure is logged by Nest, and the client does not learn why", async () => {
      const { logged, logger } = logbook();
      const call = await start(makeAdapter, { imports, logger });
      const failed = await call("/metadata", { headers: await signedIn(metadata) });
      expect([failed.status, failed.json()]).toEqual([
        503,
        { statusCode: 503, message: "Service Unavailable" },
      ]);
      expect(logged).toEqual([expect.objectContaining({ code: "store_unavailable" })]);
      expect((await call("/metadata")).json().code).toBe("session_missing");
      expect(logged.length).toBe(1);
    });

    test("the app's filters see a failure as it is, and a guard's refusal as an HttpException", async () => {
      const app = await appOn(makeAdapter, { imports, controllers: [Guarded] });
      const call = await listen(
        app.useGlobalFilters(new CatchAll(app.getHttpAdapter() as AbstractHttpAdapter)),
      );
      const failed = await call("/metadata", { headers: await signedIn(metadata) });
      expect([failed.status, failed.json()]).toEqual([
        418,
        { name: "UserMetadataError", cause: "disk on fire" },
      ]);
      const refused = await call("/guarded");
      expect([refused.status, refused.json()]).toEqual([
        418,
        { status: 401, problem: expect.objectContaining({ code: "session_missing" }) },
      ]);
    });
  });

  test("the prefix is the whole path, its last slash does not matter; a global prefix is the controllers'", async () => {
    const imports = [userMetadata({ metadata, prefix: "/v1/auth/" })];
    const call = await start(makeAdapter, { imports, controllers: [Guarded], globalPrefix: "api" });
    const jane = { headers: await signedIn(metadata) };
    const paths = [
      "/v1/auth/metadata",
      "/api/guarded",
      "/metadata",
      "/v1/authmetadata",
      "/api/v1/auth/metadata",
    ];
    const statuses = await Promise.all(paths.map(async (path) => (await call(path, jane)).status));
    expect(statuses).toEqual([200, 200, 404, 404, 404]);
  });

  test.each([
    { name: "Nest's own parser", bodyParser: true },
    { name: "a parser of the app's own, with rawBody", bodyParser: false, rawBody: true },
  ])("$name does not change what was sent", async ({ bodyParser, rawBody = false }) => {
    const app = await appOn(makeAdapter, { bodyParser, rawBody });
    // On Fastify every parser comes behind the routes.
    if (!bodyParser && makeAdapter === PLATFORMS.Express)
      (app as NestExpressApplication).useBodyParser("json");
    const call = await listen(app);
    const headers = { ...(await signedIn(metadata, "raw")), "content-type": "application/json" };
    const put = (body: string | Buffer) => call("/metadata", { method: "PUT", headers, body });
    const exact = await put('{"big":1e20,"replaced":"\ufffd"}');
    expect([exact.status, exact.json().unsafeMetadata]).toEqual([200, { big: 1e20, replaced: "\ufffd" }]);
    const invalid = await put(Buffer.from('{"a":"\xff"}', "latin1"));
    expect([invalid.status, invalid.json().code]).toEqual([400, "json_invalid"]);
    const nothing = await put("\ufeff");
    expect([nothing.status, nothing.json().code]).toEqual([400, "body_missing"]);
    expect((await call("/metadata", { headers })).json().unsafeMetadata).toMatchObject({ big: 1e20 });
  });

  test("what the app mounts by use, and its CORS, come before the routes", async () => {
    const app = await appOn(makeAdapter);
    app.enableCors({ origin: "https://app.test" });
    app.use((_: unknown, response: ServerResponse, next: () => void) => {
      response.setHeader("x-before", "1");
      next();
    });
    const call = await listen(app);
    const { status, headers } = await call("/metadata");
    const told = ["access-control-allow-origin", "x-before"].map((name) => headers.get(name));
    expect([status, ...told]).toEqual([401, "https://app.test", "1"]);
  });

  test("the engine is injectable everywhere, from a factory with dependencies too", async () => {
    @Injectable()
    class Config {
      readonly prefix = "/auth";
    }
    @Module({ providers: [Config], exports: [Config] })
    class ConfigModule {}
    @Controller()
    class Plans {
      readonly #metadata: typeof metadata;
      constructor(@InjectUserMetadata() engine: typeof metadata) {
        this.#metadata = engine;
      }
      @Post("upgrade")
      @UseGuards(AuthGuard)
      async upgrade(@Session() session: Session) {
        const { publicMetadata } = await this.#metadata.updateUserMetadata(session.getUserId(), {
          publicMetadata: { plan: "pro" },
        });
        return publicMetadata;
      }
    }
    const useFactory = async ({ prefix }: Config) => ({ metadata, prefix });
    const imports = [
      UserMetadataModule.forRootAsync({ imports: [ConfigModule], inject: [Config], useFactory }),
    ];
    const call = await start(makeAdapter, { imports, controllers: [Plans] });
    const headers = await signedIn(metadata, "kim");
    expect((await call("/upgrade", { method: "POST", headers })).json()).toEqual({ plan: "pro" });
    expect((await call("/auth/metadata", { headers })).json().publicMetadata).toEqual({ plan: "pro" });
  });
});

const boot = (options: AppOptions) => appOn(PLATFORMS.Express, options).then((app) => app.init());

test("an app does not start if the guard's module is missing, or has no engine or a wrong prefix", async () => {
  await expect(boot({ imports: [], controllers: [Guarded] })).rejects.toThrow(
    /resolve dependencies of the AuthGuard/,
  );
  const useFactory = () => ({}) as { metadata: MetadataHttp };
  for (const forgotten of [
    UserMetadataModule.forRootAsync({ useFactory }),
    UserMetadataModule.forRoot(undefined as never),
    UserMetadataModule.forRoot({ metadata, prefix: "auth" }),
  ])
    await expect(boot({ imports: [forgotten] })).rejects.toMatchObject({ code: "options_invalid" });
});

test("an app does not start with a guard or a module that was never called", async () => {
  @Controller()
  @UseGuards(verifySession as unknown as Type<CanActivate>)
  class Own {
    @Get("own")
    own(): string {
      return "own";
    }
  }
  const refused = { code: "options_invalid", message: expect.stringContaining("has no engine; pass") };
  await expect(boot({ controllers: [Own] })).rejects.toMatchObject(refused);
  await expect(boot({ imports: [userMetadata as unknown as Type] })).rejects.toMatchObject(refused);
});

test.each(["ws", "rpc", "graphql"])("what comes by %s is denied, public or not", async (type) => {
  const app = await boot({ controllers: [Whoami], guard: AuthGuard });
  const controller = app.get(Whoami);
  const creator = app.get(ExternalContextCreator);
  for (const name of ["whoami", "open", "optional"] as const) {
    const handler = creator.create(
      controller,
      controller[name] as () => unknown,
      name,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      type,
    );
    await expect(handler({ headers: await signedIn(metadata) })).rejects.toThrow("Forbidden resource");
  }
});

test("a context without HTTP has the engine", async () => {
  const imports = [UserMetadataModule.forRoot({ metadata })];
  @Module({ imports })
  class JobModule {}
  const context = await NestFactory.createApplicationContext(JobModule, { logger: false });
  onTestFinished(() => context.close());
  expect(context.get(USER_METADATA)).toBe(metadata);
});
