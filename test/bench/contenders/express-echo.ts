/** The framework alone: parses JSON and sends it back. */
import express from "express";
import { serve } from "../child.ts";
import { settings } from "../users.ts";

const document = { userId: "echo", metadata: settings(0) };

const app = express();
app.use(express.json());
app.post("/", (request, response) => {
  response.json(request.body);
});
app.get("/", (_, response) => {
  response.json(document);
});
serve(app);
