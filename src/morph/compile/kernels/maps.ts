/**
 * Kernels that look at each number alone. A backward kernel adds to the gradient of its input: where several nodes read one tensor,
 * their shares come in the order of the program. The first of them takes 0 for what is there, by `keep`: no bit, or all. The last numbers
 * of a tensor go through the same lanes as the others; nothing is written beyond them, though up to three numbers are read.
 */

/** What the maps of one number give for `v`. */
export const MAP_VALUES = {
  // -0 becomes 0, and NaN stays.
  relu: "most(v, 0) + 0",
  tanhOf: "tanh(v)",
  sigmoidOf: "sigmoid(v)",
  silu: "v * sigmoid(v)",
  gelu: "0.5 * v * (1 + geluInner(v))",
  sinOf: "sin(v)",
  expOf: "exp(v)",
} as const

export type MapName = keyof typeof MAP_VALUES

/** y = value, of `v` and `w` where two tensors are read. */
const forward = (
  name: string,
  value: string,
  reads = "v",
): string => `kernel ${name}(y, ${reads === "v" ? "x" : "a, b"}, n) {
  end = n * 4
  for (i = 0; i < end; i += 16) {
    ${reads === "v" ? "v = load(x + i)" : "v = load(a + i) w = load(b + i)"}
    put(y + i, ${value}, end - i)
  }
}`

/** dx += share, of the gradient `d` and `v`, which is the input or the output of the forward kernel: whatever it needs. */
const backward = (
  name: string,
  of: string,
  share: string,
): string => `kernel ${name}(dx, g, ${of}, n, keep: vec) {
  end = n * 4
  for (i = 0; i < end; i += 16) {
    v = load(${of} + i)
    d = load(g + i)
    put(dx + i, (load(dx + i) & keep) + ${share}, end - i)
  }
}`

export const MAPS = [
  `const GELU_SCALE = 0.7978845608028654
const GELU_CUBE = 0.044715
fn geluInner(v: vec): vec { return tanh(GELU_SCALE * (v + GELU_CUBE * v * v * v)) }
fn geluSlope(v: vec): vec {
  t = geluInner(v)
  return 0.5 * (1 + t) + 0.5 * v * (1 - t * t) * (GELU_SCALE * (1 + 3 * GELU_CUBE * v * v))
}
fn siluSlope(v: vec): vec { s = sigmoid(v) return s + v * s * (1 - s) }`,
  forward("relu", MAP_VALUES.relu),
  // An input that is not above 0 gives 0 times the gradient: NaN where either is none.
  backward("reluBack", "y", "choose(v > 0, d, v * d)"),
  forward("tanhOf", MAP_VALUES.tanhOf),
  backward("tanhBack", "y", "d * (1 - v * v)"),
  forward("sigmoidOf", MAP_VALUES.sigmoidOf),
  backward("sigmoidBack", "y", "d * v * (1 - v)"),
  forward("silu", MAP_VALUES.silu),
  backward("siluBack", "x", "d * siluSlope(v)"),
  forward("gelu", MAP_VALUES.gelu),
  backward("geluBack", "x", "d * geluSlope(v)"),
  forward("sinOf", MAP_VALUES.sinOf),
  backward("sinBack", "x", "d * cos(v)"),
  forward("expOf", MAP_VALUES.expOf),
  backward("expBack", "y", "d * v"),
  forward("logOf", "log(v)"),
  forward("add", "v + w", "v, w"),
  forward("subtract", "v - w", "v, w"),
  forward("multiply", "v * w", "v, w"),
  backward("addProduct", "x", "d * v"),
  `
// y = x times a number
kernel scale(y, x, n, factor: vec) {
  end = n * 4
  for (i = 0; i < end; i += 16) { put(y + i, load(x + i) * factor, end - i) }
}

// y += x times a number
kernel addScaled(y, x, n, factor: vec, keep: vec) {
  end = n * 4
  for (i = 0; i < end; i += 16) { put(y + i, (load(y + i) & keep) + load(x + i) * factor, end - i) }
}
`,
].join("\n")
