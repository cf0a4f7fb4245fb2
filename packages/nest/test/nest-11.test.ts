/** All tests of this package once more, on the oldest Nest of its range. */
import "./use-nest-11.ts";
import "./conformance.test.ts";
import "./nest.test.ts";
import { expect, test } from "vitest";

test("this is Nest 11", async () => {
  expect((await import("@nestjs/common")).Module).toBe((await import("nest11-common")).Module);
  expect((await import("@nestjs/core")).NestFactory).toBe((await import("nest11-core")).NestFactory);
  const { ExpressAdapter } = await import("@nestjs/platform-express");
  expect(ExpressAdapter).toBe((await import("nest11-platform-express")).ExpressAdapter);
  const { FastifyAdapter } = await import("@nestjs/platform-fastify");
  expect(FastifyAdapter).toBe((await import("nest11-platform-fastify")).FastifyAdapter);
});
