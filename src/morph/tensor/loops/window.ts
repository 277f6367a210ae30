/** Convolutions place by place. A depthwise one has one group per channel, so one pair of loops serves all of them. */
import type { Loops } from "../ir.ts"

const BATCH = 0
const H = 1
const W = 2
const C = 3
const KH = 4
const KW = 5
const OH = 6
const OW = 7
const OC = 8
const STRIDE = 9
const DILATION = 10
const TOP = 11
const LEFT = 12
/** Channels of a group that come in, and that go out. */
const GROUP_IN = 13
const GROUP_OUT = 14

const convolution: Loops = {
  forward: ({ f32 }, { geometry: n, ins, out }) => {
    const c = n[C]
    const outs = n[OC]
    const groupIn = n[GROUP_IN]
    const bias = ins.length > 2 ? ins[2] : -1
    let at = out
    for (let batch = 0; batch < n[BATCH]; batch++)
      for (let oy = 0; oy < n[OH]; oy++)
        for (let ox = 0; ox < n[OW]; ox++)
          for (let o = 0; o < outs; o++) {
            const first = ((o / n[GROUP_OUT]) | 0) * groupIn
            let sum = 0
            for (let ky = 0; ky < n[KH]; ky++) {
              const y = oy * n[STRIDE] + ky * n[DILATION] - n[TOP]
              if (y < 0 || y >= n[H]) continue
              for (let kx = 0; kx < n[KW]; kx++) {
                const x = ox * n[STRIDE] + kx * n[DILATION] - n[LEFT]
                if (x < 0 || x >= n[W]) continue
                const from = ins[0] + ((batch * n[H] + y) * n[W] + x) * c + first
                const w = ins[1] + (ky * n[KW] + kx) * groupIn * outs + o
                for (let i = 0; i < groupIn; i++) sum += f32[from + i] * f32[w + i * outs]
              }
            }
            f32[at++] = bias < 0 ? sum : sum + f32[bias + o]
          }
  },
  backward: ({ f32 }, { geometry: n, ins, inGradients, gradient }) => {
    const c = n[C]
    const outs = n[OC]
    const groupIn = n[GROUP_IN]
    const groupOut = n[GROUP_OUT]
    const places = n[BATCH] * n[OH] * n[OW]
    const dx = inGradients[0]
    const dw = inGradients[1]
    const db = inGradients.length > 2 ? inGradients[2] : -1
    if (dx >= 0)
      for (let batch = 0; batch < n[BATCH]; batch++)
        for (let y = 0; y < n[H]; y++)
          for (let x = 0; x < n[W]; x++)
            for (let i = 0; i < c; i++) {
              const group = (i / groupIn) | 0
              let sum = 0
              for (let ky = 0; ky < n[KH]; ky++) {
                const up = y + n[TOP] - ky * n[DILATION]
                const oy = (up / n[STRIDE]) | 0
                if (up < 0 || oy * n[STRIDE] !== up || oy >= n[OH]) continue
                for (let kx = 0; kx < n[KW]; kx++) {
                  const side = x + n[LEFT] - kx * n[DILATION]
                  const ox = (side / n[STRIDE]) | 0
                  if (side < 0 || ox * n[STRIDE] !== side || ox >= n[OW]) continue
                  const g = gradient + ((batch * n[OH] + oy) * n[OW] + ox) * outs
                  const w = ins[1] + ((ky * n[KW] + kx) * groupIn + i - group * groupIn) * outs
                  for (let o = group * groupOut; o < (group + 1) * groupOut; o++)
                    sum += f32[g + o] * f32[w + o]
                }
              }
              f32[dx + ((batch * n[H] + y) * n[W] + x) * c + i] += sum
            }
    if (dw >= 0)
      for (let ky = 0; ky < n[KH]; ky++)
        for (let kx = 0; kx < n[KW]; kx++)
          for (let i = 0; i < groupIn; i++)
            for (let o = 0; o < outs; o++) {
              const channel = ((o / groupOut) | 0) * groupIn + i
              let sum = 0
              for (let batch = 0; batch < n[BATCH]; batch++)
                for (let oy = 0; oy < n[OH]; oy++) {
                  const y = oy * n[STRIDE] + ky * n[DILATION] - n[TOP]
                  if (y < 0 || y >= n[H]) continue
                  const from = ins[0] + (batch * n[H] + y) * n[W] * c + channel
                  const g = gradient + (batch * n[OH] + oy) * n[OW] * outs + o
                  for (let ox = 0; ox < n[OW]; ox++) {
                    const x = ox * n[STRIDE] + kx * n[DILATION] - n[LEFT]
                    if (x >= 0 && x < n[W]) sum += f32[from + x * c] * f32[g + ox * outs]
                  }
                }
              f32[dw + ((ky * n[KW] + kx) * groupIn + i) * outs + o] += sum
            }
    if (db >= 0)
      for (let o = 0; o < outs; o++) {
        let sum = 0
        for (let place = 0; place < places; place++) sum += f32[gradient + place * outs + o]
        f32[db + o] += sum
      }
  },
}

export const window: Readonly<Record<string, Loops>> = {
  conv1d: convolution,
  conv2d: convolution,
  depthwise1d: convolution,
  depthwise2d: convolution,
}
