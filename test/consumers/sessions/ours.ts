import "@usermeta/express";
import "@usermeta/fastify";
import "@usermeta/hapi";
import "@usermeta/koa";
import "@usermeta/loopback";
import "@usermeta/nest";
import "@usermeta/supertokens";
