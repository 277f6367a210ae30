/** The demo of a cluster in its shortest form, as `npm run cluster` starts it: real processes, a real PostgreSQL, an owner and a replica killed. */
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { expect, it } from "vitest"
import type { DemoResult } from "../../examples/cluster/Demo.ts"
import { root } from "../rooms.ts"

it("gets another owner after a kill, and harms no replica meanwhile", async () => {
  // It ends with 1 where the tuned values cost more than the start: twenty seconds on a busy machine prove nothing about that.
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(root, "examples/cluster/main.ts"), "--seconds", "20", "--json"],
    { timeout: 120_000 },
  ).catch((failure: { stdout: string }) => failure)
  const result = JSON.parse(stdout) as DemoResult
  expect(result).toMatchObject({ outOfBounds: 0, staleTaken: 0, storage: "postgres" })
  expect(result.epoch).toBeGreaterThan(1)
})
