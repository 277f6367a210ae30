/** The module that ships: what its source gives, over both kinds of memory. */
import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { describe, expect, it } from "vitest"
import { kernelFile } from "../../../../scripts/compileKernels.ts"
import { translate } from "../../../../src/morph/compile/kernels/language.ts"
import { moduleText } from "../../../../src/morph/compile/kernels/module.ts"
import { Code } from "../../../../src/morph/tensor/fast/Code.ts"
import { KERNELS } from "../../../../src/morph/tensor/fast/kernelBytes.ts"
import { kernelsOver } from "../../../../src/morph/tensor/fast/kernels.ts"

const shipped = join(resolve(import.meta.dirname, "../../../.."), "src/morph/tensor/fast/kernelBytes.ts")

describe("the SIMD module", () => {
  it("is what its source gives", async () => {
    expect(readFileSync(shipped, "utf8") === (await kernelFile())).toBe(true)
  })

  it("uses no instruction whose result an engine may choose", () => {
    expect(moduleText().text).not.toMatch(/relaxed/)
  })

  it.each([true, false])("runs over memory with shared: %s, past its growth too", (shared) => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 4, shared })
    const run = kernelsOver(memory)
    memory.grow(1)
    const f32 = new Float32Array(memory.buffer)
    f32.set([1, -2, 3], 20_000)
    const code = new Code().add("relu", 80_000, 80_000, 3)
    run(64, code.writeTo(memory, 64))
    expect(Array.from(f32.subarray(20_000, 20_003))).toEqual([1, 0, 3])
  })

  it("follows no instruction where a program is empty", () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
    new Int32Array(memory.buffer)[0] = Object.keys(KERNELS).length
    kernelsOver(memory)(0, 0)
    expect(() => kernelsOver(memory)(0, 8)).toThrow(WebAssembly.RuntimeError)
  })
})

describe("the language of kernels", () => {
  it("gives a variable the type of what is first assigned to it, and refuses another", () => {
    const { functions } = translate("fn half(x: vec): vec { y = x * 0.5 return y }")
    expect(functions).toContain("(local $y v128)")
    expect(functions).toContain("f32x4.mul (local.get $x) (v128.const f32x4 0.5 0.5 0.5 0.5)")
    expect(() => translate("fn mixed(x: vec, n: int): vec { return x * n }")).toThrow("vec wanted, int found")
  })

  it("binds as arithmetic does", () => {
    const { functions } = translate("fn f(a: int, b: int): int { return a - b * 2 - (a << 1 + b) }")
    expect(functions).toContain(
      "(i32.sub (i32.sub (local.get $a) (i32.mul (local.get $b) (i32.const 2))) (i32.shl (local.get $a) (i32.add (i32.const 1) (local.get $b))))",
    )
  })

  it("names what it does not know", () => {
    expect(() => translate("fn f(): int { return y }")).toThrow("y is not known")
    expect(() => translate("fn f(x: vec): vec { return cosine(x) }")).toThrow("cosine must be a function")
    expect(() => translate("fn f(x: vec) { x = x ")).toThrow("is not known")
  })
})
