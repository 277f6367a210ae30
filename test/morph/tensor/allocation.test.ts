import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"

const probe = fileURLToPath(new URL("./stepProbe.ts", import.meta.url))

it.each(["reference", "fast"])(
  "a training step through every operator allocates nothing, in the %s way",
  (way) => {
    // Code is compiled where it is asked for: on a busy machine the compiler's own thread may come late.
    const flags = ["--expose-gc", "--no-concurrent-recompilation", "--no-warnings"]
    const seen = JSON.parse(execFileSync(process.execPath, [...flags, probe, way], { encoding: "utf8" }))
    expect(seen).toMatchObject({ collections: 0, grown: 0 })
    expect(seen.loss).toBeGreaterThan(0)
    // The heap's size is read to 64 KiB; one double per step would be 16 bytes.
    expect(seen.bytesPerStep).toBeLessThan(15)
  },
)
