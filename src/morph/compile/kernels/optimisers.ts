/** What changes parameters. The numbers of a rule may change between two steps, so they are arguments. */
export const OPTIMISERS = `
// v = momentum v + g; p = p - rate v.
kernel sgd(p, v, g, n, rate: vec, momentum: vec) {
  end = n * 4
  for (i = 0; i < end; i += 16) {
    u = momentum * load(v + i) + load(g + i)
    put(v + i, u, end - i)
    put(p + i, load(p + i) - rate * u, end - i)
  }
}

// Kingma and Ba, 2015, algorithm 1; rate is divided by the first correction already. s1 is 1 - b1, s2 is 1 - b2.
kernel adam(p, m, v, g, n, rate: vec, b1: vec, s1: vec, b2: vec, s2: vec, correction: vec, epsilon: vec) {
  end = n * 4
  for (i = 0; i < end; i += 16) {
    d = load(g + i)
    u = b1 * load(m + i) + s1 * d
    s = b2 * load(v + i) + s2 * d * d
    put(m + i, u, end - i)
    put(v + i, s, end - i)
    put(p + i, load(p + i) - rate * u / (sqrt(s / correction) + epsilon), end - i)
  }
}
`
