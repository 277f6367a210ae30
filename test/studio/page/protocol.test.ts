/**
 * The page goes by the server's protocol. Root cause of the copies it had: it took only types from there, and so it wrote the paths
 * and limits out a second time.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import * as actions from "../../../src/studio/protocol/actions.ts"
import { PATHS } from "../../../src/studio/protocol/paths.ts"
import * as campaigns from "../../../src/studio/protocol/campaignProtocol.ts"
import * as pipelines from "../../../src/studio/protocol/pipelineProtocol.ts"
import * as protocol from "../../../src/studio/protocol/protocol.ts"
import * as studies from "../../../src/studio/protocol/studyProtocol.ts"

const folder = join(import.meta.dirname, "../../../src/studio/page")
const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => ({ name, text: readFileSync(join(folder, name), "utf8") }))

describe("the studio's page", () => {
  it("spells out none of the server's paths", () => {
    const copies = files.filter(({ text }) => Object.values(PATHS).some((path) => text.includes(`"${path}"`)))
    expect(copies.map(({ name }) => name)).toEqual([])
  })

  it("has no copies of the protocol's constants, by name or by type", () => {
    const names = Object.keys({ ...protocol, ...actions, ...studies, ...campaigns, ...pipelines })
    expect(names).toContain("MOST_FRAMES")
    const own = new RegExp(`const (${names.join("|")})\\b|typeof (${names.join("|")})\\b`)
    expect(files.filter(({ text }) => own.test(text)).map(({ name }) => name)).toEqual([])
  })

  it.each([
    ["parts/steering.ts", actions.ACTIONS],
    ["parts/fleetSteering.ts", protocol.FLEET_ACTIONS],
  ])("%s offers every action of the protocol once", (file, offered) => {
    const { text = "" } = files.find(({ name }) => name === file) ?? {}
    expect([...text.matchAll(/^ {4}action: "(\w+)"/gm)].map(([, action]) => action)).toEqual([...offered])
  })
})
