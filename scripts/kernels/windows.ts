/**
 * What moves a window over images [batch, height, width, channels]; a length is an image of height 1.
 *
 * A convolution writes the windows of some rows of places side by side (`patches`) and multiplies them by the weights as one matrix.
 * Its sums are those of a product: over the window, row by row, for a value; over the places, in their order, for a weight. What a
 * window shares with the gradient of its input is one sum over the channels that go out; such shares are added place by place.
 */

/** The geometry of a convolution, the first arguments of its kernels. */
const GEOMETRY = "h, w, c, kh, kw, oh, ow, oc, stride, dilation, top, left"

/** `body` for the place ky, kx of a window that has its first place at iy, ix, where it lies within the image. */
const eachTap = (body: string): string => `
  for (ky = 0; ky < kh; ky += 1) {
    ty = oy * stride + ky * dilation - top
    if (i32.lt_u(ty, h)) {
      for (kx = 0; kx < kw; kx += 1) {
        tx = ox * stride + kx * dilation - left
        if (i32.lt_u(tx, w)) { ${body} }
      }
    }
  }`

const eachPlace = (body: string): string => `
  for (oy = 0; oy < oh; oy += 1) {
    for (ox = 0; ox < ow; ox += 1) { ${body} }
  }`

/** Walks over the windows of the rows from `oy` to before `until`, a run of LENGTH bytes at a time: what to do within the image, and outside. */
const walk = (inside: string, outside: string): string => `
  h = word(at)
  w = word(at, 4)
  size = word(at, 8) * 4
  kh = word(at, 12)
  kw = word(at, 16)
  ow = word(at, 24)
  stride = word(at, 32)
  dilation = word(at, 36)
  across = kw * size
  for (oy = oy; oy < until; oy += 1) {
    for (ox = 0; ox < ow; ox += 1) {
      tx = ox * stride - word(at, 44)
      whole = (dilation == 1) & (tx >= 0) & (tx + kw <= w)
      for (ky = 0; ky < kh; ky += 1) {
        ty = oy * stride + ky * dilation - word(at, 40)
        from = x + (ty * w + tx) * size
        if (i32.lt_u(ty, h)) {
          if (whole) { ${inside.replaceAll("LENGTH", "across")} cols += across }
          else {
            for (kx = 0; kx < kw; kx += 1) {
              if (i32.lt_u(tx + kx * dilation, w)) { ${inside.replaceAll("LENGTH", "size")} }
              else { ${outside.replaceAll("LENGTH", "size")} }
              from += dilation * size
              cols += size
            }
          }
        } else { ${outside.replaceAll("LENGTH", "across")} cols += across }
      }
    }
  }`

export const WINDOWS = `
// May write up to twelve bytes more than \`length\`, over which the next window is written, or nothing reads.
fn move(to: int, from: int, length: int) {
  for (i = 0; i < length; i += 16) { store(to + i, load(from + i)) }
}
fn empty(to: int, length: int) {
  for (i = 0; i < length; i += 16) { store(to + i, lanes(0, 0, 0, 0)) }
}
// The windows of the image x, for the rows of places from oy to before \`until\`, one after another; zeros outside of the image.
fn patches(at: int, cols: int, x: int, oy: int, until: int) {
  ${walk("move(cols, from, LENGTH)", "empty(cols, LENGTH)")}
}

// Adds such windows to the image.
fn unpatch(at: int, cols: int, x: int, oy: int, until: int) {
  ${walk("gather(from, cols, LENGTH)", "")}
}

// \`rows\` rows of places at a time, as many as \`cols\` has room for.
kernel convolve(${GEOMETRY}, batch, rows, y, x, weights, bias, cols) {
  k = kh * kw * c
  for (t = batch; t > 0; t -= 1) {
    for (oy = 0; oy < oh; oy += rows) {
      until = oy + rows
      if (until > oh) { until = oh }
      patches(instruction + 8, cols, x, oy, until)
      m = (until - oy) * ow
      tiles(y, cols, weights, bias, m, k, oc, oc * 4, k * 4, 4, oc * 4, 0)
      y += m * oc * 4
    }
    x += h * w * c * 4
  }
}

// dw += the windows, turned, times g.
kernel convolveWeights(${GEOMETRY}, batch, rows, dw, x, g, cols) {
  k = kh * kw * c
  for (t = batch; t > 0; t -= 1) {
    for (oy = 0; oy < oh; oy += rows) {
      until = oy + rows
      if (until > oh) { until = oh }
      patches(instruction + 8, cols, x, oy, until)
      m = (until - oy) * ow
      tiles(dw, cols, g, dw, k, m, oc, oc * 4, 4, k * 4, oc * 4, oc * 4)
      g += m * oc * 4
    }
    x += h * w * c * 4
  }
}

// dx += g times the weights, turned [oc, kh kw c], place by place.
kernel convolveInput(${GEOMETRY}, batch, rows, dx, g, turned, cols) {
  k = kh * kw * c
  for (t = batch; t > 0; t -= 1) {
    for (oy = 0; oy < oh; oy += rows) {
      until = oy + rows
      if (until > oh) { until = oh }
      m = (until - oy) * ow
      tiles(cols, g, turned, -1, m, oc, k, k * 4, oc * 4, 4, k * 4, 0)
      unpatch(instruction + 8, cols, dx, oy, until)
      g += m * oc * 4
    }
    dx += h * w * c * 4
  }
}

kernel depthwise(${GEOMETRY}, batch, y, x, weights, bias) {
  end = c * 4
  for (t = batch; t > 0; t -= 1) {
    ${eachPlace(`
      for (i = 0; i < end; i += 16) {
        s = lanes(0, 0, 0, 0)
        if (bias >= 0) { s = load(bias + i) }
        ${eachTap("s = s + load(x + (ty * w + tx) * end + i) * load(weights + (ky * kw + kx) * end + i)")}
        put(y + i, s, end - i)
      }
      y += end`)}
    x += h * w * end
  }
}

// dw += x times g, place by place.
kernel depthwiseWeights(${GEOMETRY}, batch, dw, x, g) {
  end = c * 4
  for (t = batch; t > 0; t -= 1) {
    ${eachPlace(`
      ${eachTap(`
        to = dw + (ky * kw + kx) * end
        from = x + (ty * w + tx) * end
        for (i = 0; i < end; i += 16) { put(to + i, load(to + i) + load(from + i) * load(g + i), end - i) }`)}
      g += end`)}
    x += h * w * end
  }
}

// dx += the weights times g, place by place.
kernel depthwiseInput(${GEOMETRY}, batch, dx, g, weights) {
  end = c * 4
  for (t = batch; t > 0; t -= 1) {
    ${eachPlace(`
      ${eachTap(`
        to = dx + (ty * w + tx) * end
        from = weights + (ky * kw + kx) * end
        for (i = 0; i < end; i += 16) { put(to + i, load(to + i) + load(from + i) * load(g + i), end - i) }`)}
      g += end`)}
    dx += h * w * end
  }
}

// The mean of each window, one sum over its places in their order.
kernel meanPool(batch, h, w, c, kh, kw, oh, ow, stride, y, x) {
  end = c * 4
  count = number(kh * kw)
  for (t = batch; t > 0; t -= 1) {
    ${eachPlace(`
      corner = x + (oy * stride * w + ox * stride) * end
      for (i = 0; i < end; i += 16) {
        s = lanes(0, 0, 0, 0)
        row = corner + i
        for (ky = 0; ky < kh; ky += 1) {
          from = row
          for (kx = 0; kx < kw; kx += 1) {
            s = s + load(from)
            from += end
          }
          row += w * end
        }
        put(y + i, s / count, end - i)
      }
      y += end`)}
    x += h * w * end
  }
}

// dx += g over the number of places of a window.
kernel meanPoolBack(batch, h, w, c, kh, kw, oh, ow, stride, dx, g) {
  end = c * 4
  count = number(kh * kw)
  for (t = batch; t > 0; t -= 1) {
    ${eachPlace(`
      corner = dx + (oy * stride * w + ox * stride) * end
      for (i = 0; i < end; i += 16) {
        share = load(g + i) / count
        row = corner + i
        for (ky = 0; ky < kh; ky += 1) {
          to = row
          for (kx = 0; kx < kw; kx += 1) {
            put(to, load(to) + share, end - i)
            to += end
          }
          row += w * end
        }
      }
      g += end`)}
    dx += h * w * end
  }
}

// The largest of each window, and how many bytes from x it was; the first NaN where there is one, else the first of the largest.
kernel maxPool(batch, h, w, c, kh, kw, oh, ow, stride, y, x, saved) {
  end = c * 4
  start = x
  for (t = batch; t > 0; t -= 1) {
    ${eachPlace(`
      corner = x + (oy * stride * w + ox * stride) * end
      for (i = 0; i < end; i += 16) {
        row = corner + i
        best = load(row)
        found = i32x4.add(all(row - start), words(0, 4, 8, 12))
        for (ky = 0; ky < kh; ky += 1) {
          from = row
          for (kx = 0; kx < kw; kx += 1) {
            v = load(from)
            better = (v > best) | v128.andnot(v != v, best != best)
            best = choose(better, v, best)
            found = choose(better, i32x4.add(all(from - start), words(0, 4, 8, 12)), found)
            from += end
          }
          row += w * end
        }
        put(y + i, best, end - i)
        put(saved + i, found, end - i)
      }
      y += end
      saved += end`)}
    x += h * w * end
  }
}

kernel maxPoolBack(dx, g, saved, n) {
  for (i = n; i > 0; i -= 1) {
    to = dx + word(saved)
    storeLane(to, first(to) + first(g))
    g += 4
    saved += 4
  }
}
`
