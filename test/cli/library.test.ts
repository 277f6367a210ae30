/** `arqon grow library`: what a library has, whether it is whole, and what may go. */
import { rmSync, writeFileSync } from "node:fs"
import { beforeEach, describe, expect, it } from "vitest"
import type { Descriptor } from "../../src/morph/library/Descriptor.ts"
import { Library } from "../../src/morph/library/Library.ts"
import { openLibrary } from "../../src/morph/node/library/openLibrary.ts"
import { SqliteStore } from "../../src/morph/node/library/SqliteStore.ts"
import { artifact, digest } from "../morph/library/artifacts.ts"
import { spoil } from "../morph/node/library/spoil.ts"
import { useDesk } from "./rig.ts"

const desk = useDesk()
const library = (command: string, ...more: ReadonlyArray<string>) =>
  desk.run("grow", "library", command, ...more)

let linear: Descriptor
beforeEach(async () => {
  const made = openLibrary(desk.path("growth/library"))
  linear = made.put(artifact("linear", { parameters: {} }))
  made.put({ ...artifact("transformer"), about: { tier: "experimental", tags: ["norm"] } })
  await made.close()
})

describe("arqon grow library", () => {
  it("lists kernels, all or some, and finds the library in a state folder", async () => {
    const { code, stdout } = await library("list", "growth")
    expect(code).toBe(0)
    expect(stdout.split("\n")).toEqual([
      `${linear.id.slice(0, 12)}  validated  1.0.0  ${linear.bytes} bytes  linear for 128 x 8`,
      expect.stringMatching(
        /^[\da-f]{12} {2}validated {2}1\.0\.0 {2}\d+ bytes {2}transformer hidden 32 for 128 x 8$/,
      ),
      "",
    ])
    const some = await library("list", "growth/library", "--tag", "norm", "--json")
    expect(JSON.parse(some.stdout)).toMatchObject({ key: { blueprint: "transformer" }, tags: ["norm"] })
    expect((await library("list", "growth", "--state", "active")).stdout).toBe("No kernels.\n")
  })

  it("shows one by the beginning of its id, with its text and every step of its life", async () => {
    const marked = await library(
      "mark",
      "growth",
      linear.id.slice(0, 8),
      "--as",
      "active",
      "--by",
      "ada",
      "--why",
      "used",
    )
    expect(marked.stdout).toContain("  active  1.0.0")
    const { stdout } = await library("show", "growth", linear.id.slice(0, 8))
    expect(stdout).toMatch(/^state {5}active since .*, kept for ever$/m)
    expect(stdout).toMatch(/^verified {2}at most 1\.0e-7 from the reference$/m)
    expect(stdout).toMatch(/ {2}validated -> active {2}by ada: used\n$/)
    expect((await library("show", "growth", linear.id, "--wat")).stdout).toContain("(module ;; linear")
    expect(await library("show", "growth", "xyz")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no kernel "xyz"'),
    })
    expect(
      await library("mark", "growth", linear.id, "--as", "validated", "--by", "ada", "--why", "no"),
    ).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("must be a state that may follow active"),
    })
  })

  it("finds a changed byte, and changes nothing", async () => {
    expect((await library("verify", "growth")).stdout).toBe(
      "Whole: 2 kernels, each with its checksum and its signature.\n",
    )
    writeFileSync(desk.path("other.key"), "ab".repeat(32))
    expect((await library("verify", "growth", "--key", "other.key")).stdout).toMatch(
      /^Damaged: 2 of 2 .*its signature is not of this library's key\n$/s,
    )
    spoil(desk.path("growth/library"), linear, "wasm")
    for (let i = 0; i < 2; i++)
      expect(await library("verify", "growth")).toMatchObject({
        code: 4,
        stdout: `Damaged: 1 of 2 kernels. Each is compiled again when it is next needed.\n${linear.id.slice(0, 12)}  its wasm was changed: it has another checksum\n`,
      })
    spoil(desk.path("growth/library"), linear, "wat")
    expect((await library("show", "growth", linear.id, "--wat")).code).toBe(4)
  })

  it("removes what has been in its state for too long, after it was asked what that is", async () => {
    const old = new Library(new SqliteStore(desk.path("growth/library")), { nowMs: () => 0, digest })
    const { id } = old.put(artifact("bottleneck"))
    await old.close()
    const line = expect.stringMatching(new RegExp(`^${id.slice(0, 12)} .* bottleneck .*\\n$`)) as unknown
    expect((await library("collect", "growth", "--dry-run")).stdout).toEqual(line)
    expect((await library("collect", "growth")).stdout).toEqual(line)
    expect((await library("collect", "growth")).stdout).toContain("Nothing was removed")
    rmSync(desk.path("growth/library/signing.key"))
    expect((await library("verify", "growth")).stdout).toBe(
      "Whole: 2 kernels, each with its checksum. There is no key to check signatures with.\n",
    )
  })

  it("compiles every blueprint for a shape, says how far it is, and finds them there the next time", async () => {
    const first = await library("prewarm", "kernels", "--shape", "[4,4]")
    expect(first.code).toBe(0)
    expect(first.stdout).toMatch(/^\d+ kernels are ready, 1 could not be compiled\.\n$/)
    expect(first.stderr).toMatch(/^1 of \d+ {2}residualMlp {2}compiled$/m)
    expect(first.stderr).toMatch(
      /dropoutMlp {2}it could not be compiled: blueprint: dropoutMlp has an operator that is not compiled/,
    )
    const again = await library("prewarm", "kernels", "--shape", "4,4", "--quiet", "--json")
    expect(JSON.parse(again.stdout)).toMatchObject({ left: 0, refused: [{ blueprint: "dropoutMlp" }] })
    expect((await library("verify", "kernels")).code).toBe(0)
    expect(await library("prewarm", "kernels", "--shape", "[4]")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('shape: must be 2 to 4 whole numbers from 1 to 65536, not "[4]"'),
    })
  })

  it("refuses a folder without a library", async () => {
    for (const command of ["list", "verify", "collect"])
      expect(await library(command, ".")).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(" holds no library. Name the folder that it is kept in."),
      })
  })
})
