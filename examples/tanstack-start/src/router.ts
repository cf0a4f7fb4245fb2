import { createRouter } from "@tanstack/react-router";
import { routeTree } from "./routeTree.gen.ts";

/** The router, as Start asks for it. */
export const getRouter = () => createRouter({ routeTree });
