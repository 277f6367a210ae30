import { describe, expect, it } from "vitest"
import { chacha8Block, drawSigns, SignDraw } from "../../src/hot/ChaCha8.ts"

const words = (hex: string): Uint32Array =>
  Uint32Array.from(hex.match(/.{8}/g) ?? [], (word) =>
    Number.parseInt((word.match(/../g) ?? []).toReversed().join(""), 16),
  )

const hexOf = (block: Uint32Array): string =>
  [...new Uint8Array(block.buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("")

/** draft-strombergson-chacha-test-vectors-01, 256-bit keys, 8 rounds: key, IV, blocks 0 and 1 of the key stream. */
const published: ReadonlyArray<readonly [name: string, key: string, iv: string, stream: string]> = [
  [
    "TC1: all zero",
    "0".repeat(64),
    "0".repeat(16),
    "3e00ef2f895f40d67f5bb8e81f09a5a12c840ec3ce9a7f3b181be188ef711a1e984ce172b9216f419f445367456d5619314a42a3da86b001387bfdb80e0cfe42d2aefa0deaa5c151bf0adb6c01f2a5adc0fd581259f9a2aadcf20f8fd566a26b5032ec38bbc5da98ee0c6f568b872a65a08abf251deb21bb4b56e5d8821e68aa",
  ],
  [
    "TC2: one bit of the key",
    `01${"0".repeat(62)}`,
    "0".repeat(16),
    "cf5ee9a0494aa9613e05d5ed725b804b12f4a465ee635acc3a311de8740489ea289d04f43c7518db56eb4433e498a1238cd8464d3763ddbb9222ee3bd8fae3c8b4355a7d93dd8867089ee643558b95754efa2bd1a8a1e2d75bcdb32015542638291941feb49965587c4fdfe219cf0ec132a6cd4dc067392e67982fe53278c0b4",
  ],
  [
    "TC3: one bit of the IV",
    "0".repeat(64),
    "0100000000000000",
    "2b8f4bb3798306ca5130d47c4f8d4ed13aa0edccc1be6942090faeeca0d7599b7ff0fe616bb25aa0153ad6fdc88b954903c22426d478b97b22b8f9b1db00cf06470bdffbc488a8b7c701ebf4061d75c5969186497c95367809afa80bd843b040a79abc6e73a91757f1db73c8eacfa543b38f289d065ab2f3032d377b8c37fe46",
  ],
  [
    "TC4: all ones",
    "f".repeat(64),
    "f".repeat(16),
    "e163bbf8c9a739d18925ee8362dad2cdc973df05225afb2aa26396f2a9849a4a445e0547d31c1623c537df4ba85c70a9884a35bcbf3dfab077e98b0f68135f5481d4933f8b322ac0cd762c27235ce2b31534e0244a9a2f1fd5e94498d47ff108790c009cf9e1a348032a7694cb28024cd96d3498361edb1785af752d187ab54b",
  ],
  [
    "TC7: a sequence pattern",
    "00112233445566778899aabbccddeeffffeeddccbbaa99887766554433221100",
    "0f1e2d3c4b5a6978",
    "db43ad9d1e842d1272e4530e276b3f568f8859b3f7cf6d9d2c74fa53808cb5157a8ebf46ad3dcc4b6c7dadde131784b0120e0e22f6d5f9ffa7407d4a21b695d9c5dd30bf55612fab9bdd118920c19816470c7f5dcd42325dbbed8c57a56281c144cb0f03e81b3004624e0650a1ce5afaf9a7cd8163f6dbd72602257dd96e471e",
  ],
  [
    "TC8: a random key",
    "c46ec1b18ce8a878725a37e780dfb7351f68ed2e194c79fbc6aebee1a667975d",
    "1ada31d5cf688221",
    "838751b42d8ddd8a3d77f48825a2ba752cf4047cb308a5978ef274973be374c96ad848065871417b08f034e681fe46a93f7d5c61d1306614d4aaf257a7cff08b16f2fda170cc18a4b58a2667ed962774af792a6e7f3c77992540711a7a136d7e8a2f8d3f93816709d45a3fa5f8ce72fde15be7b841acba3a2abd557228d9fe4f",
  ],
]

describe("chacha8Block", () => {
  it.each(published)("gives the published key stream (%s)", (_name, key, iv, stream) => {
    const nonce = words(iv)
    const out = new Uint32Array(16)
    chacha8Block(words(key), 0, 0, nonce[0], nonce[1], out)
    expect(hexOf(out)).toBe(stream.slice(0, 128))
    chacha8Block(words(key), 1, 0, nonce[0], nonce[1], out)
    expect(hexOf(out)).toBe(stream.slice(128))
  })

  it("carries the high word of the counter", () => {
    const low = new Uint32Array(16)
    const high = new Uint32Array(16)
    chacha8Block(new Uint32Array(8), 0, 0, 0, 0, low)
    chacha8Block(new Uint32Array(8), 0, 1, 0, 0, high)
    expect(hexOf(high)).not.toBe(hexOf(low))
  })

  it("is the sum of its state and its eight rounds, word by word", () => {
    const key = words("00112233445566778899aabbccddeeffffeeddccbbaa99887766554433221100")
    const rounds = (state: Uint32Array): Uint32Array => {
      const x = state.slice()
      const turn = (a: number, b: number, c: number, d: number): void => {
        for (const [to, by, into, left] of [
          [a, b, d, 16],
          [c, d, b, 12],
          [a, b, d, 8],
          [c, d, b, 7],
        ]) {
          x[to] += x[by]
          x[into] ^= x[to]
          x[into] = (x[into] << left) | (x[into] >>> (32 - left))
        }
      }
      for (let round = 0; round < 4; round++) {
        for (let i = 0; i < 4; i++) turn(i, 4 + i, 8 + i, 12 + i)
        for (let i = 0; i < 4; i++) turn(i, 4 + ((i + 1) % 4), 8 + ((i + 2) % 4), 12 + ((i + 3) % 4))
      }
      return x
    }
    const state = Uint32Array.of(
      ...new Uint32Array(new TextEncoder().encode("expand 32-byte k").buffer),
      ...key,
      0x01020304,
      0x9abcdef0,
      0xfedcba98,
      0x76543210,
    )
    const out = new Uint32Array(16)
    chacha8Block(key, state[12], state[13], state[14], state[15], out)
    expect(out).toEqual(rounds(state).map((word, i) => word + state[i]))
  })
})

describe("drawSigns", () => {
  it("is a pure function of the seed and the cycle, in whatever order cycles are drawn", () => {
    const draw = new SignDraw(42)
    const seen = [5, 3, 5, 4].map((cycle) => {
      const out = new Float64Array(20)
      return [draw.draw(cycle, 20, out, 0), ...out]
    })
    const fresh = new Float64Array(20)
    const first = drawSigns(42, 5, 20, fresh)
    expect(seen[0]).toEqual([first, ...fresh])
    expect(seen[2]).toEqual(seen[0])
    expect(seen[1]).not.toEqual(seen[0])
    expect(seen[3]).not.toEqual(seen[0])
  })

  it("keeps the signs of a knob when knobs are added behind it", () => {
    const few = new Float64Array(3)
    const many = new Float64Array(700)
    expect(drawSigns(7, 9, 3, few)).toBe(drawSigns(7, 9, 700, many))
    expect([...many.subarray(0, 3)]).toEqual([...few])
  })

  it("continues with fresh bits at the end of a block of 512", () => {
    const out = new Float64Array(1100)
    const first = drawSigns(3, 8, 1100, out)
    // Bit 0 of the first block is the order, so knob 511 has bit 0 of the second.
    expect([...out.subarray(511, 611)]).not.toEqual([first, ...out.subarray(0, 99)])
    expect([...out.subarray(1023, 1100)]).not.toEqual([...out.subarray(511, 588)])
  })

  it("uses every bit of a seed up to 2^53 - 1 and of a cycle beyond 2^32", () => {
    const draws = new Set(
      [
        [0, 1],
        [2 ** 32, 1],
        [2 ** 53 - 1, 1],
        [0, 1 + 2 ** 32],
      ].map(([seed, cycle]) => {
        const out = new Float64Array(64)
        drawSigns(seed, cycle, 64, out)
        return out.join()
      }),
    )
    expect(draws.size).toBe(4)
  })

  it("takes its bits in order from the key stream of seed and purpose", () => {
    const purpose = new Uint8Array(24)
    new TextEncoder().encodeInto("arqon spsa signs v1", purpose)
    const cycles = [0, 1, 2 ** 31 + 5, 2 ** 32, 2 ** 40 + 2 ** 31 + 9, 2 ** 53 - 1]
    for (const seed of [0, 5, 2 ** 32 - 1, 2 ** 47 + 2 ** 31 + 3])
      for (const cycle of cycles) {
        const key = Uint32Array.of(
          Number(BigInt(seed) & 0xffffffffn),
          Number(BigInt(seed) >> 32n),
          ...new Uint32Array(purpose.buffer),
        )
        const stream: Array<number> = []
        for (let block = 0; block < 3; block++) {
          const words = new Uint32Array(16)
          const nonce = BigInt(cycle)
          chacha8Block(key, block, 0, Number(nonce & 0xffffffffn), Number(nonce >> 32n), words)
          for (const word of words)
            for (let bit = 0; bit < 32; bit++) stream.push(((word >>> bit) & 1) === 1 ? 1 : -1)
        }
        const out = new Float64Array(1_540).fill(7)
        const first = new SignDraw(seed).draw(cycle, stream.length - 1, out, 2)
        expect([first, ...out.subarray(2, 1 + stream.length)]).toEqual(stream)
        expect([...out.subarray(0, 2), ...out.subarray(1 + stream.length)]).toEqual([7, 7, 7, 7, 7])
      }
  })

  it("draws fair, uncorrelated signs across block boundaries, and a fair order", () => {
    const n = 600
    const cycles = 2000
    const draw = new SignDraw(1)
    const sums = new Float64Array(n)
    const products = new Float64Array(n)
    const out = new Float64Array(n)
    let order = 0
    for (let cycle = 0; cycle < cycles; cycle++) {
      order += draw.draw(cycle, n, out, 0)
      for (let i = 0; i < n; i++) {
        sums[i] += out[i]
        products[i] += out[i] * out[(i + 1) % n]
      }
    }
    const bound = 5 * Math.sqrt(cycles)
    expect(Math.abs(order)).toBeLessThan(bound)
    expect(Math.max(...sums.map(Math.abs))).toBeLessThan(bound)
    expect(Math.max(...products.map(Math.abs))).toBeLessThan(bound)
  })
})
