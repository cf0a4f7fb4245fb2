import { defineConfig } from "vite";

// `vite` serves the page with changes at once; the routes are those of `node main.ts`.
const routes = ["/metadata", "/updateinfo", "/dev", "/birthday", "/card"];

export default defineConfig({
  server: { proxy: Object.fromEntries(routes.map((route) => [route, "http://127.0.0.1:3000"])) },
});
