import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"

describe("an engine of a fleet", () => {
  it("adds at most 16 KiB to the memory of a process", () => {
    const probe = fileURLToPath(new URL("./memoryProbe.ts", import.meta.url))
    const printed = execFileSync(process.execPath, ["--expose-gc", probe], { encoding: "utf8" })
    const { bytes }: { readonly bytes: number } = JSON.parse(printed)
    // Less than its numbers alone take would mean that nothing was measured.
    expect(bytes).toBeGreaterThan(8 * 1024)
    expect(bytes).toBeLessThanOrEqual(16 * 1024)
  })
})
