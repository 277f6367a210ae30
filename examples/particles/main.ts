/**
 * Serves the example on this machine.
 *
 * Run: node examples/particles/main.ts
 */
import { createServer } from "vite"
import { config } from "./config.ts"

const server = await createServer(config)
await server.listen()
server.printUrls()
