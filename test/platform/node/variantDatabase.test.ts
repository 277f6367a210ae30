/**
 * The catalogue's database among files that are none, that are somebody else's, later, damaged or read-only, and among processes
 * that write at once and are killed amid it. Root causes of what is held here: tables were made in whatever database was named, a
 * later version's was written to, an error named neither file nor remedy, and a row that was set to promoted by hand was believed.
 */
import { fork } from "node:child_process"
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { once } from "node:events"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { createVariantCatalogue, VariantError } from "../../../src/index.node.ts"
import { openSqliteVariants } from "../../../src/platform/node/variants/sqliteVariants.ts"
import { content, evidence } from "../../machines/variantRig.ts"
import { ownFolder } from "../../journal/journalRig.ts"

const folder = ownFolder()
const ada = { by: "ada", why: "smaller answers" }
const bob = { by: "bob", why: "measured" }
const cy = { by: "cy", why: "looks right" }

const refused = async (call: Promise<unknown>): Promise<string> => {
  const error: unknown = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(VariantError)
  expect((error as VariantError).reason).toBe("store")
  return (error as VariantError).message
}

/** A directory with a catalogue in it that is closed. */
async function kept(name: string): Promise<string> {
  const state = folder.in(name)
  const catalogue = await createVariantCatalogue({ state })
  await catalogue.draft("zstd", content, ada)
  await catalogue.evaluate("zstd", evidence, bob)
  await catalogue.approve("zstd", cy)
  await catalogue.close()
  return state
}

const inDatabase = (path: string, sql: string): void => {
  const db = new DatabaseSync(path)
  db.exec(sql)
  db.close()
}

describe("a file that is no catalogue", () => {
  it("is refused by name with a remedy, and stays untouched", async () => {
    const cases: ReadonlyArray<readonly [string, (path: string) => void, RegExp]> = [
      [
        "text",
        (path) => writeFileSync(path, "no database ".repeat(500)),
        /is not a SQLite database.*another directory/,
      ],
      ["other", (path) => inDatabase(path, "CREATE TABLE records (a)"), /is another program's database/],
      [
        "app",
        (path) =>
          inDatabase(path, "PRAGMA application_id = 7; CREATE TABLE variants (a); CREATE TABLE steps (a)"),
        /is another program's database/,
      ],
    ]
    for (const [name, make, words] of cases) {
      const state = folder.in(name)
      const path = join(state, "variants.db")
      mkdirSync(state)
      make(path)
      const before = readFileSync(path)
      const message = await refused(createVariantCatalogue({ state }))
      expect(message).toMatch(words)
      expect(message).toContain(path)
      expect(readFileSync(path).equals(before)).toBe(true)
    }
  })

  it("is refused if a later version wrote it, and upgraded if it has no version", async () => {
    const state = await kept("later")
    const path = join(state, "variants.db")
    inDatabase(path, "PRAGMA user_version = 99")
    expect(await refused(createVariantCatalogue({ state }))).toMatch(/later version of Arqon \(tables 99/)
    inDatabase(path, "PRAGMA user_version = 0; PRAGMA application_id = 0; DROP TRIGGER steps_once")
    const catalogue = await createVariantCatalogue({ state })
    expect((await catalogue.promote("zstd", cy)).state).toBe("promoted")
    await catalogue.close()
    const db = new DatabaseSync(path)
    expect(db.prepare("PRAGMA user_version").get()).toEqual({ user_version: 1 })
    db.close()
  })

  it("reports damage for the damaged part only", async () => {
    const state = await kept("damaged")
    const path = join(state, "variants.db")
    const bytes = readFileSync(path)
    bytes.fill(0xaa, 4096)
    writeFileSync(path, bytes)
    const damaged = createVariantCatalogue({ state }).then((catalogue) => catalogue.list())
    expect(await refused(damaged)).toMatch(/variants\.db.*(damaged|no JSON|cannot be read)/)
  })
})

describe("rows that were changed by other means", () => {
  it("are refused with the variant's name", async () => {
    const state = await kept("tampered")
    const path = join(state, "variants.db")
    const catalogue = await createVariantCatalogue({ state })
    const db = new DatabaseSync(path)
    const { record } = db.prepare("SELECT record FROM variants").get() ?? {}
    const forged = String(record).replace('"approved"', '"promoted"')
    db.prepare("UPDATE variants SET state = 'promoted', record = ?").run(forged)
    expect(await refused(catalogue.selectable())).toMatch(/record of "zstd" without a step that led to it/)
    expect(await refused(catalogue.get("zstd"))).toContain(path)
    db.prepare("UPDATE variants SET state = 'approved', record = '{'").run()
    expect(await refused(catalogue.list())).toMatch(/record of "zstd" that is not JSON/)
    for (const id of ["1", "NULL"])
      expect(() =>
        db.exec(
          `INSERT OR REPLACE INTO steps SELECT ${id}, variant, version, at_us, action, from_state, to_state, 'eve', why, evidence, step FROM steps WHERE id = 1`,
        ),
      ).toThrow("kept as they were")
    db.close()
    await catalogue.close()
  })
})

describe("a catalogue that is only looked at", () => {
  it("is neither created nor changed, and refuses steps", async () => {
    const look = (directory: string) => Effect.runPromise(openSqliteVariants(directory, { readOnly: true }))
    await refused(look(folder.in("none")))
    expect(readdirSync(folder.path)).toEqual([])
    const state = await kept("looked-at")
    const catalogue = await createVariantCatalogue({ store: await look(state) })
    expect(await catalogue.selectable()).toHaveLength(1)
    expect(await refused(catalogue.archive("zstd", ada))).toMatch(/can only be read/)
    await catalogue.close()
  })
})

describe("several processes", () => {
  const writers = (state: string, count: number, steps: number) =>
    Array.from({ length: count }, (_, i) =>
      fork(new URL("./variantWriter.ts", import.meta.url), [state, String(i), String(steps)], {
        stdio: ["ignore", "ignore", "pipe", "ipc"],
        execArgv: ["--no-warnings"],
      }),
    )

  it("can open one new catalogue at once and take turns; no step is lost or doubled", async () => {
    const state = folder.in("shared")
    const children = writers(state, 2, 10)
    const codes = await Promise.all(children.map(async (child) => (await once(child, "exit"))[0] as number))
    expect(codes).toEqual([0, 0])
    const catalogue = await createVariantCatalogue({ state })
    const steps = await catalogue.history("shared")
    // One draft, and every evaluation of each writer, retried while somebody else was faster.
    expect(steps.map(({ version }) => version)).toEqual(Array.from({ length: 21 }, (_, i) => i + 1))
    expect((await catalogue.get("shared"))?.evidenceCount).toBe(20)
    await catalogue.close()
  })

  it("can be killed at any moment: every acknowledged step is kept", async () => {
    const state = folder.in("killed")
    for (let round = 0; round < 2; round++) {
      const [child] = writers(state, 1, 1e6)
      let acknowledged = 0
      const enough = 5 + 20 * round
      await new Promise<void>((resolve) => {
        child.on("message", (version) => {
          acknowledged = version as number
          if (acknowledged % enough === 0) child.kill("SIGKILL")
        })
        child.on("exit", () => resolve())
      })
      const catalogue = await createVariantCatalogue({ state })
      const steps = await catalogue.history("shared")
      const record = await catalogue.get("shared")
      expect(steps.length).toBeGreaterThanOrEqual(acknowledged)
      expect(record?.version).toBe(steps.length)
      // One database without what was not folded in yet is a whole one too.
      mkdirSync(folder.in(`copy-${round}`))
      await catalogue.close()
      copyFileSync(join(state, "variants.db"), join(folder.in(`copy-${round}`), "variants.db"))
      const copy = await createVariantCatalogue({ state: folder.in(`copy-${round}`) })
      expect((await copy.get("shared"))?.version).toBe(steps.length)
      await copy.close()
    }
  })
})
