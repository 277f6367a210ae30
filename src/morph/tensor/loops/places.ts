import type { Loops } from "../ir.ts"

export const places: Readonly<Record<string, Loops>> = {
  concat: {
    forward: ({ f32 }, { geometry: n, ins, out }) => {
      let start = out
      for (let side = 0; side < ins.length; side++) {
        const width = n[2 + side]
        for (let turn = 0; turn < n[0]; turn++)
          for (let i = 0; i < width; i++) f32[start + turn * n[1] + i] = f32[ins[side] + turn * width + i]
        start += width
      }
    },
    backward: ({ f32 }, { geometry: n, inGradients, gradient }) => {
      let start = gradient
      for (let side = 0; side < inGradients.length; side++) {
        const width = n[2 + side]
        const d = inGradients[side]
        if (d >= 0)
          for (let turn = 0; turn < n[0]; turn++)
            for (let i = 0; i < width; i++) f32[d + turn * width + i] += f32[start + turn * n[1] + i]
        start += width
      }
    },
  },
  slice: {
    forward: ({ f32 }, { geometry: n, ins, out }) => {
      for (let turn = 0; turn < n[0]; turn++)
        for (let i = 0; i < n[2]; i++) f32[out + turn * n[2] + i] = f32[ins[0] + turn * n[1] + n[3] + i]
    },
    backward: ({ f32 }, { geometry: n, inGradients, gradient }) => {
      for (let turn = 0; turn < n[0]; turn++)
        for (let i = 0; i < n[2]; i++)
          f32[inGradients[0] + turn * n[1] + n[3] + i] += f32[gradient + turn * n[2] + i]
    },
  },
  reshape: {
    forward: ({ f32 }, { size, ins, out }) => {
      for (let i = 0; i < size; i++) f32[out + i] = f32[ins[0] + i]
    },
    backward: ({ f32 }, { size, inGradients, gradient }) => {
      for (let i = 0; i < size; i++) f32[inGradients[0] + i] += f32[gradient + i]
    },
  },
  transpose: {
    forward: ({ f32 }, { geometry: n, ins, out }) => {
      let at = out
      for (let i = 0; i < n[0]; i++)
        for (let j = 0; j < n[1]; j++)
          for (let k = 0; k < n[2]; k++)
            for (let l = 0; l < n[3]; l++) f32[at++] = f32[ins[0] + i * n[4] + j * n[5] + k * n[6] + l * n[7]]
    },
    backward: ({ f32 }, { geometry: n, inGradients, gradient }) => {
      let at = gradient
      for (let i = 0; i < n[0]; i++)
        for (let j = 0; j < n[1]; j++)
          for (let k = 0; k < n[2]; k++)
            for (let l = 0; l < n[3]; l++)
              f32[inGradients[0] + i * n[4] + j * n[5] + k * n[6] + l * n[7]] += f32[at++]
    },
  },
}
