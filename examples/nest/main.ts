/**
 * A Nest service that finds its own limit of requests in flight. With PORT it serves until SIGTERM.
 *
 * Run: npx tsc -p examples/nest && PORT=3000 node examples/nest/dist/main.js
 */
import "reflect-metadata"
import { NestFactory } from "@nestjs/core"
import { AppModule } from "./app.js"

const app = await NestFactory.create(AppModule, { logger: ["error", "warn"] })
// Without this, SIGTERM ends the process before onApplicationShutdown.
app.enableShutdownHooks()
await app.listen(Number(process.env["PORT"] ?? 0), "127.0.0.1")
console.log(`listening at ${await app.getUrl()}`)
