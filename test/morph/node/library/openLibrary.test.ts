import { expect, it } from "vitest"
import { keyText } from "../../../../src/morph/compile/ArtifactStore.ts"
import { libraryArtifacts } from "../../../../src/morph/library/libraryArtifacts.ts"
import { aboutBlueprint, openLibrary } from "../../../../src/morph/node/library/openLibrary.ts"
import { ownFolder } from "../../../journal/journalRig.ts"
import { artifact } from "../../library/artifacts.ts"

const folder = ownFolder()

it("keeps what a compiler wrote for the next process, with tier and tags of the catalogue", async () => {
  for (const [name, about] of [
    ["transformer", { tier: "experimental", tags: ["attention", "mlp", "norm", "deep"] }],
    ["ofMyOwn", { tier: "experimental", tags: [] }],
    ["linear", { tier: "safe", tags: [] }],
  ] as const) {
    const { bytes, meta } = artifact(name)
    const key = keyText(meta.key)
    const first = openLibrary(folder.in("library"))
    libraryArtifacts(first, aboutBlueprint).put(key, bytes, meta)
    await first.close()
    const next = openLibrary(folder.in("library"))
    const signature = expect.stringMatching(/^[\da-f]{64}$/) as string
    expect(libraryArtifacts(next, aboutBlueprint).get(key)).toEqual({ bytes, meta: { ...meta, signature } })
    expect(next.find(key)).toMatchObject(about)
    await next.close()
  }
})
