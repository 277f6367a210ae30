/** The tutorial of the growing host shows what its program prints: the same seed gives the same bits, so a page that is wrong is found here. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { makeHome, readBlocks } from "./pageCode.ts"
import { root } from "./pages.ts"

const page = "docs/tutorials/grow-a-network.md"
const home = makeHome()

it("the tutorial of the growing host shows exactly what its program prints", () => {
  const [program] = readBlocks(page).filter(({ kind }) => kind === "program")
  const file = join(home.folder, "grow.ts")
  writeFileSync(file, program.text)
  const { stdout, stderr } = home.run("node", [file], home.folder)
  const shown = [...readFileSync(join(root, page), "utf8").matchAll(/^```text\n([\s\S]*?)^```$/gm)]
  expect(stderr).toBe("")
  expect(stdout).toBe(shown.map(([, text]) => text).join(""))
})
