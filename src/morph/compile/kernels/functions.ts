/**
 * exp, log, tanh, sin, cos, sigmoid with four lanes: operation by operation what `src/morph/tensor/functions.ts` does with one, so
 * that both give the same bits (tested). Errors are stated there.
 */
export const FUNCTIONS = `
// 1.5 * 2^23: a number added to it has its whole part in the low bits of the sum, whose others are 1262485504.
const ROUND = 12582912
const LN2_HIGH = 0.693359375
const LN2_LOW = -2.12194440e-4

// 2^n, n whole numbers from -126 to 127.
fn power2(n: vec): vec { return i32x4.shl(i32x4.add(n, words(127, 127, 127, 127)), 23) }

fn exp(x: vec): vec {
  c = least(most(x, -104), 89)
  shifted = c * 1.44269504088896341 + ROUND
  n = shifted - ROUND
  r = c - n * LN2_HIGH - n * LN2_LOW
  p = 1.9875691500e-4 * r + 1.3981999507e-3
  p = p * r + 8.3334519073e-3
  p = p * r + 4.1665795894e-2
  p = p * r + 1.6666665459e-1
  p = p * r + 5.0000001201e-1
  p = p * (r * r) + r + 1
  whole = i32x4.sub(shifted, words(1262485504, 1262485504, 1262485504, 1262485504))
  half = i32x4.shr_s(whole, 1)
  return p * power2(half) * power2(i32x4.sub(whole, half))
}

fn log(x: vec): vec {
  denormal = x < 1.17549435e-38
  scaled = choose(denormal, x * 8388608, x)
  m = scaled & words(8388607, 8388607, 8388607, 8388607) | words(1056964608, 1056964608, 1056964608, 1056964608)
  low = m < 0.707106781186547524
  shift = choose(denormal, words(149, 149, 149, 149), words(126, 126, 126, 126))
  // A mask is -1 where it holds.
  e = f32x4.convert_i32x4_s(
    i32x4.add(i32x4.sub(i32x4.shr_u(scaled, 23) & words(255, 255, 255, 255), shift), low))
  r = choose(low, m + m, m) - 1
  z = r * r
  p = 7.0376836292e-2 * r + -1.1514610310e-1
  p = p * r + 1.1676998740e-1
  p = p * r + -1.2420140846e-1
  p = p * r + 1.4249322787e-1
  p = p * r + -1.6668057665e-1
  p = p * r + 2.0000714765e-1
  p = p * r + -2.4999993993e-1
  p = p * r + 3.3333331174e-1
  p = p * r * z
  p = p + e * LN2_LOW
  p = p - z * 0.5
  p = r + p + e * LN2_HIGH
  p = choose(x == lanes(inf, inf, inf, inf), x, p)
  p = choose(x == 0, lanes(-inf, -inf, -inf, -inf), p)
  return choose(x >= 0, p, lanes(nan, nan, nan, nan))
}

fn sigmoid(x: vec): vec { return 1 / (1 + exp(neg(x))) }


fn tanh(x: vec): vec {
  a = abs(x)
  z = x * x
  p = -5.70498872745e-3 * z + 2.06390887954e-2
  p = p * z + -5.37397155531e-2
  p = p * z + 1.33314422036e-1
  p = p * z + -3.33332819422e-1
  t = 1 - 2 / (exp(a + a) + 1)
  return choose(a < 0.625, p * z * x + x, choose(x < 0, neg(t), t))
}

fn circular(x: vec, quarter: vec): vec {
  shifted = x * 0.636619772367581343 + ROUND
  quadrant = i32x4.add(shifted, quarter)
  n = shifted - ROUND
  rest = x - n * 1.5703125 - n * 4.837512969970703125e-4 - n * 7.54978995489188216e-8
  r = least(most(rest, -1), 1)
  z = r * r
  s = ((-1.9515295891e-4 * z + 8.3321608736e-3) * z + -1.6666654611e-1) * z * r + r
  c = ((2.443315711809948e-5 * z + -1.388731625493765e-3) * z + 4.166664568298827e-2) * z * z - z * 0.5 + 1
  odd = i32x4.shl(quadrant, 31)
  y = choose(i32x4.shr_s(odd, 31), c, s)
  return y ^ i32x4.shl(i32x4.shr_u(quadrant, 1), 31)
}

fn sin(x: vec): vec { return circular(x, words(0, 0, 0, 0)) }
fn cos(x: vec): vec { return circular(x, words(1, 1, 1, 1)) }
`
