/** Bundles the frontend into dist/; in development it passes API, tiles and sockets on to a running server. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = `http://127.0.0.1:${process.env.SQUIGGLE_PORT ?? "8000"}`;

export default defineConfig({
  base: "/",
  plugins: [react()],
  build: { outDir: "dist", assetsDir: "assets", target: "es2022", chunkSizeWarningLimit: 1000 },
  server: {
    proxy: {
      "/api": server,
      "/tiles": server,
      "/demo": server,
      "/ws": { target: server, ws: true },
    },
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
