export { default } from "@tanstack/react-start/server-entry";
export { buildApp } from "../app.ts";
