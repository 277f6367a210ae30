import type { Loops } from "../ir.ts"

const BATCH = 0
const H = 1
const W = 2
const C = 3
const KH = 4
const KW = 5
const OH = 6
const OW = 7
const STRIDE_H = 8
const STRIDE_W = 9

const pool = (largest: boolean): Loops => ({
  forward: ({ f32, u32 }, { geometry: n, ins, out, saved }) => {
    const c = n[C]
    const count = n[KH] * n[KW]
    let place = 0
    for (let batch = 0; batch < n[BATCH]; batch++)
      for (let oy = 0; oy < n[OH]; oy++)
        for (let ox = 0; ox < n[OW]; ox++)
          for (let i = 0; i < c; i++) {
            const start = ((batch * n[H] + oy * n[STRIDE_H]) * n[W] + ox * n[STRIDE_W]) * c + i
            let sum = 0
            let most = start
            for (let ky = 0; ky < n[KH]; ky++)
              for (let kx = 0; kx < n[KW]; kx++) {
                const at = start + (ky * n[W] + kx) * c
                if (largest) {
                  const best = f32[ins[0] + most]
                  const value = f32[ins[0] + at]
                  if (value > best || (Number.isNaN(value) && !Number.isNaN(best))) most = at
                } else sum += f32[ins[0] + at]
              }
            if (largest) u32[saved + place] = most
            f32[out + place++] = largest ? f32[ins[0] + most] : sum / count
          }
  },
  backward: ({ f32, u32 }, { geometry: n, inGradients, gradient, size, saved }) => {
    const dx = inGradients[0]
    if (largest) {
      for (let place = 0; place < size; place++) f32[dx + u32[saved + place]] += f32[gradient + place]
      return
    }
    const c = n[C]
    const count = n[KH] * n[KW]
    let place = 0
    for (let batch = 0; batch < n[BATCH]; batch++)
      for (let oy = 0; oy < n[OH]; oy++)
        for (let ox = 0; ox < n[OW]; ox++)
          for (let i = 0; i < c; i++) {
            const start = ((batch * n[H] + oy * n[STRIDE_H]) * n[W] + ox * n[STRIDE_W]) * c + i
            const g = f32[gradient + place++] / count
            for (let ky = 0; ky < n[KH]; ky++)
              for (let kx = 0; kx < n[KW]; kx++) f32[dx + start + (ky * n[W] + kx) * c] += g
          }
  },
})

export const pools: Readonly<Record<string, Loops>> = {
  maxPool: pool(true),
  meanPool: pool(false),
  globalMax: pool(true),
  globalMean: pool(false),
}
