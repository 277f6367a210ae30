import type { Loops, Step } from "../ir.ts"

const ROWS = 0
const INS = 1
const OUTS = 2
const biasOf = (s: Step): number => (s.ins.length > 2 ? s.ins[2] : -1)

const BATCH = 0
const M = 1
const K = 2
const N = 3
/** How far apart the numbers of b are along k and along n. */
const ALONG_K = 4
const ALONG_N = 5

export const dense: Readonly<Record<string, Loops>> = {
  dense: {
    forward: ({ f32 }, s) => {
      const rows = s.geometry[ROWS]
      const ins = s.geometry[INS]
      const outs = s.geometry[OUTS]
      const x = s.ins[0]
      const w = s.ins[1]
      const b = biasOf(s)
      for (let r = 0; r < rows; r++)
        for (let o = 0; o < outs; o++) {
          let sum = 0
          for (let i = 0; i < ins; i++) sum += f32[x + r * ins + i] * f32[w + i * outs + o]
          f32[s.out + r * outs + o] = b < 0 ? sum : sum + f32[b + o]
        }
    },
    backward: ({ f32 }, s) => {
      const rows = s.geometry[ROWS]
      const ins = s.geometry[INS]
      const outs = s.geometry[OUTS]
      const x = s.ins[0]
      const w = s.ins[1]
      const dx = s.inGradients[0]
      const dw = s.inGradients[1]
      const db = s.ins.length > 2 ? s.inGradients[2] : -1
      const g = s.gradient
      if (dx >= 0)
        for (let r = 0; r < rows; r++)
          for (let i = 0; i < ins; i++) {
            let sum = 0
            for (let o = 0; o < outs; o++) sum += f32[g + r * outs + o] * f32[w + i * outs + o]
            f32[dx + r * ins + i] += sum
          }
      if (dw >= 0)
        for (let i = 0; i < ins; i++)
          for (let o = 0; o < outs; o++) {
            let sum = 0
            for (let r = 0; r < rows; r++) sum += f32[x + r * ins + i] * f32[g + r * outs + o]
            f32[dw + i * outs + o] += sum
          }
      if (db >= 0)
        for (let o = 0; o < outs; o++) {
          let sum = 0
          for (let r = 0; r < rows; r++) sum += f32[g + r * outs + o]
          f32[db + o] += sum
        }
    },
  },
  matmul: {
    forward: ({ f32 }, s) => {
      const m = s.geometry[M]
      const k = s.geometry[K]
      const n = s.geometry[N]
      const alongK = s.geometry[ALONG_K]
      const alongN = s.geometry[ALONG_N]
      for (let batch = 0; batch < s.geometry[BATCH]; batch++) {
        const a = s.ins[0] + batch * m * k
        const b = s.ins[1] + batch * k * n
        const y = s.out + batch * m * n
        for (let i = 0; i < m; i++)
          for (let j = 0; j < n; j++) {
            let sum = 0
            for (let l = 0; l < k; l++) sum += f32[a + i * k + l] * f32[b + l * alongK + j * alongN]
            f32[y + i * n + j] = sum
          }
      }
    },
    backward: ({ f32 }, s) => {
      const m = s.geometry[M]
      const k = s.geometry[K]
      const n = s.geometry[N]
      const alongK = s.geometry[ALONG_K]
      const alongN = s.geometry[ALONG_N]
      for (let batch = 0; batch < s.geometry[BATCH]; batch++) {
        const a = s.ins[0] + batch * m * k
        const b = s.ins[1] + batch * k * n
        const g = s.gradient + batch * m * n
        if (s.inGradients[0] >= 0) {
          const da = s.inGradients[0] + batch * m * k
          for (let i = 0; i < m; i++)
            for (let l = 0; l < k; l++) {
              let sum = 0
              for (let j = 0; j < n; j++) sum += f32[g + i * n + j] * f32[b + l * alongK + j * alongN]
              f32[da + i * k + l] += sum
            }
        }
        if (s.inGradients[1] >= 0) {
          const db = s.inGradients[1] + batch * k * n
          for (let l = 0; l < k; l++)
            for (let j = 0; j < n; j++) {
              let sum = 0
              for (let i = 0; i < m; i++) sum += f32[a + i * k + l] * f32[g + i * n + j]
              f32[db + l * alongK + j * alongN] += sum
            }
        }
      }
    },
  },
}
