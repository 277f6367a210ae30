/**
 * A particle system in the browser that holds its frame rate: served on this machine.
 *
 * Run: npm run example particles
 */
import { createServer } from "vite"
import { config } from "./config.ts"

const server = await createServer(config)
await server.listen()
server.printUrls()
