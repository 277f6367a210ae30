/**
 * A loopback port that nobody listens on, for programs that cannot choose one themselves. It lies below the ports that systems hand out of
 * their own accord, so that no connection and no `listen(0)` of another test takes it before the program does.
 */
import { randomInt } from "node:crypto"
import { createServer } from "node:net"

const LOWEST = 20_000
/** Linux hands out ports from here on, others from 49152. */
const HANDED_OUT_FROM = 32_768

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(false) : reject(error),
    )
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)))
  })

export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, HANDED_OUT_FROM)
    if (await isFree(port)) return port
  }
}
