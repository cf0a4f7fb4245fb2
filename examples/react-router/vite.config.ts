import { reactRouter } from "@react-router/dev/vite";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [reactRouter()],
  // The server's build begins at our app, which mounts the routes; both then share their modules.
  environments: { ssr: { build: { rolldownOptions: { input: "./app.ts" } } } },
});
