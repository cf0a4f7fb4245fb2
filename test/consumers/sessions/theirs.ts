import "express-session";
import "@fastify/session";
import "koa-session";
