/**
 * Kernels that sum over a row, over rows, or over all numbers.
 *
 * The order of a sum is part of the format. Along a row: four sums side by side, the one of lane i over the numbers i, i + 4, i + 8
 * and so on, and at the end (0 + 1) + (2 + 3). Over rows: one sum for each column, from the first row to the last, beginning with what
 * is there. Losses: the shares of the rows in their order.
 */
export const ROWS = `
// (0 + 1) + (2 + 3), in every lane.
fn across(v: vec): vec {
  pairs = v + shuffle(v, v, 1, 0, 3, 2)
  return pairs + shuffle(pairs, pairs, 2, 3, 0, 1)
}

fn number(n: int): vec { return f32x4.convert_i32x4_s(all(n)) }

// y[j] += the sum of x[r, j]; rows are xRow bytes apart.
kernel columnSum(y, x, rows, columns, xRow) {
  for (left = columns * 4; left > 0; left -= 64) {
    a = load(y)
    b = load(y, 16)
    c = load(y, 32)
    d = load(y, 48)
    from = x
    for (r = rows; r > 0; r -= 1) {
      a = a + load(from)
      b = b + load(from, 16)
      c = c + load(from, 32)
      d = d + load(from, 48)
      from += xRow
    }
    put(y, a, left)
    put(y + 16, b, left - 16)
    put(y + 32, c, left - 32)
    put(y + 48, d, left - 48)
    y += 64
    x += 64
  }
}

// The number at y: the sum of the squares of x.
kernel squares(y, x, n) {
  end = n * 4
  s = lanes(0, 0, 0, 0)
  for (i = 0; i < end; i += 16) {
    v = within(load(x + i), lanes(0, 0, 0, 0), end - i)
    s = s + v * v
  }
  storeLane(y, across(s), 0)
}

// Writes the softmax of a row of \`end\` bytes to y, and gives the greatest number of the row plus the logarithm of its sum.
fn softmaxRow(y: int, x: int, end: int): vec {
  top = lanes(-inf, -inf, -inf, -inf)
  for (i = 0; i < end; i += 16) { top = max(top, within(load(x + i), lanes(-inf, -inf, -inf, -inf), end - i)) }
  top = max(top, shuffle(top, top, 1, 0, 3, 2))
  top = max(top, shuffle(top, top, 2, 3, 0, 1))
  sum = lanes(0, 0, 0, 0)
  for (i = 0; i < end; i += 16) {
    e = within(exp(load(x + i) - top), lanes(0, 0, 0, 0), end - i)
    put(y + i, e, end - i)
    sum = sum + e
  }
  sum = across(sum)
  for (i = 0; i < end; i += 16) { put(y + i, load(y + i) / sum, end - i) }
  return top + log(sum)
}

kernel softmax(y, x, rows, columns) {
  end = columns * 4
  for (r = rows; r > 0; r -= 1) {
    top = softmaxRow(y, x, end)
    y += end
    x += end
  }
}

// dx += y (g - the sum of y g), for each row.
kernel softmaxBack(dx, g, y, rows, columns, keep: vec) {
  end = columns * 4
  for (r = rows; r > 0; r -= 1) {
    s = lanes(0, 0, 0, 0)
    for (i = 0; i < end; i += 16) { s = s + within(load(g + i) * load(y + i), lanes(0, 0, 0, 0), end - i) }
    s = across(s)
    for (i = 0; i < end; i += 16) { put(dx + i, (load(dx + i) & keep) + load(y + i) * (load(g + i) - s), end - i) }
    dx += end
    g += end
    y += end
  }
}

// The whole number at \`label\`, where it is one from 0 to below n; else -1.
fn classAt(label: int, n: int): int {
  v = first(label)
  whole = i32x4.trunc_sat_f32x4_s(v)
  found = lane(whole)
  if (lane(f32x4.convert_i32x4_s(whole) == v) == 0) { return -1 }
  if (found >= n) { return -1 }
  if (found < 0) { return -1 }
  return found
}

// The number at y: the mean over rows of the logarithm of the sum less the number of the label. Softmax to p.
kernel crossEntropy(y, p, x, labels, rows, columns) {
  end = columns * 4
  total = lanes(0, 0, 0, 0)
  for (r = rows; r > 0; r -= 1) {
    mine = classAt(labels, columns)
    share = softmaxRow(p, x, end)
    if (mine < 0) { share = lanes(nan, nan, nan, nan) }
    else { share = share - splat(x + mine * 4) }
    total = total + share
    p += end
    x += end
    labels += 4
  }
  storeLane(y, total / number(rows), 0)
}

// dx += (p - 1 at the label) times the number at g, over the number of rows.
kernel crossEntropyBack(dx, g, p, labels, rows, columns, keep: vec) {
  end = columns * 4
  factor = splat(g) / number(rows)
  for (r = rows; r > 0; r -= 1) {
    mine = all(classAt(labels, columns))
    other = choose(i32x4.lt_s(mine, words(0, 0, 0, 0)), lanes(nan, nan, nan, nan), lanes(0, 0, 0, 0))
    column = words(0, 1, 2, 3)
    for (i = 0; i < end; i += 16) {
      hit = choose(i32x4.eq(column, mine), lanes(1, 1, 1, 1), other)
      put(dx + i, (load(dx + i) & keep) + (load(p + i) - hit) * factor, end - i)
      column = i32x4.add(column, words(4, 4, 4, 4))
    }
    dx += end
    p += end
    labels += 4
  }
}

// The number at y: the mean of (a - b)^2.
kernel meanSquare(y, a, b, n) {
  end = n * 4
  s = lanes(0, 0, 0, 0)
  for (i = 0; i < end; i += 16) {
    d = within(load(a + i) - load(b + i), lanes(0, 0, 0, 0), end - i)
    s = s + d * d
  }
  storeLane(y, across(s) / number(n), 0)
}

// da += 2 (a - b) times the number at g, over n.
kernel meanSquareBack(da, g, a, b, n, keep: vec) {
  end = n * 4
  factor = 2 * splat(g) / number(n)
  for (i = 0; i < end; i += 16) { put(da + i, (load(da + i) & keep) + (load(a + i) - load(b + i)) * factor, end - i) }
}

// The number at y: the mean cross-entropy of sigmoid(x) and targets t.
kernel binary(y, x, t, n) {
  end = n * 4
  s = lanes(0, 0, 0, 0)
  for (i = 0; i < end; i += 16) {
    v = load(x + i)
    share = most(v, 0) - v * load(t + i) + log(1 + exp(neg(abs(v))))
    s = s + within(share, lanes(0, 0, 0, 0), end - i)
  }
  storeLane(y, across(s) / number(n), 0)
}

kernel binaryBack(dx, g, x, t, n, keep: vec) {
  end = n * 4
  factor = splat(g) / number(n)
  for (i = 0; i < end; i += 16) {
    put(dx + i, (load(dx + i) & keep) + (sigmoid(load(x + i)) - load(t + i)) * factor, end - i)
  }
}
`
