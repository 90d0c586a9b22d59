// From the pixels of a photo to the input of a network, as Graft does it.
//
// Browsers shrink pictures each in its own way, and without looking at all the pixels. So this is Pillow's resampling:
// a triangle or a cubic filter as wide as the photo shrinks, along the rows and then down the columns, in whole numbers
// of 22 bits behind the point, rounded to 8 bits after each pass. Results are Pillow's, bit by bit.

const BITS = 2 ** 22;
const LONG = 4; // what is longer than this many times the network's input is not resized as a whole

const FILTERS = {
  bilinear: { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: {
    support: 2,
    at: (x) => {
      const a = -0.5, d = Math.abs(x);
      if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
      return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
    },
  },
};

// Python's round(): halves go to the even number.
function round(value) {
  const below = Math.floor(value), rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

// For each pixel of the result: where its share of the source begins, and the weights of that.
function weights(size, from, to, result, filter) {
  const scale = (to - from) / result, wide = Math.max(scale, 1), support = filter.support * wide;
  return Array.from({ length: result }, (_, k) => {
    const centre = from + (k + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const last = Math.min(size, Math.trunc(centre + support + 0.5));
    const shares = Array.from({ length: last - first }, (_, x) => filter.at((x + first - centre + 0.5) * (1 / wide)));
    const total = shares.reduce((sum, share) => sum + share, 0);
    const whole = shares.map((share) => {
      const value = (total ? share / total : share) * BITS;
      return Math.trunc(value + (value < 0 ? -0.5 : 0.5));
    });
    return { first, whole };
  });
}

// One pass: `lines` lines, in which pixels are `step` numbers apart and lines `stride`; three channels.
function pass(source, target, lines, table, [step, stride], [outStep, outStride]) {
  for (let line = 0; line < lines; line++) {
    table.forEach(({ first, whole }, k) => {
      for (let channel = 0; channel < 3; channel++) {
        let sum = BITS / 2, at = line * stride + first * step + channel;
        for (let x = 0; x < whole.length; x++, at += step) sum += source[at] * whole[x];
        target[line * outStride + k * outStep + channel] = Math.min(255, Math.max(0, Math.floor(sum / BITS)));
      }
    });
  }
}

// An image {width, height, data: RGB} at another size; `box` is the part of it that is meant, all by default.
function resized(image, width, height, method, box = [0, 0, image.width, image.height]) {
  const filter = FILTERS[method], [left, top, right, bottom] = box;
  const across = ({ width: w, height: h, data }) => {
    if (w === width && left === 0 && right === w) return { width: w, height: h, data };
    const next = new Uint8ClampedArray(width * h * 3);
    pass(data, next, h, weights(w, left, right, width, filter), [3, 3 * w], [3, 3 * width]);
    return { width, height: h, data: next };
  };
  const down = ({ width: w, height: h, data }) => {
    if (h === height && top === 0 && bottom === h) return { width: w, height: h, data };
    const next = new Uint8ClampedArray(w * height * 3);
    pass(data, next, w, weights(h, top, bottom, height, filter), [3 * w, 3], [3 * w, 3]);
    return { width: w, height, data: next };
  };
  const widensOnly = width > image.width && height < image.height; // then Pillow (from 13 on) begins with the rows
  return widensOnly ? across(down(image)) : down(across(image));
}

function pasted(image, side, left, top, colour) {
  const data = new Uint8ClampedArray(side * side * 3);
  for (let at = 0; at < data.length; at++) data[at] = colour[at % 3];
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) {
      const row = y + top, column = x + left;
      if (row < 0 || row >= side || column < 0 || column >= side) continue;
      for (let channel = 0; channel < 3; channel++) {
        data[(row * side + column) * 3 + channel] = image.data[(y * image.width + x) * 3 + channel];
      }
    }
  }
  return { width: side, height: side, data };
}

// What a network sees of an image by its framing: `crop_px` on each side.
function cropped(image, how) {
  const side = how.crop_px, method = how.interpolation, framing = how.framing || "centre";
  if (framing === "centre") return centre(image, how.resize_px, side, method);
  if (framing === "whole") {
    const longest = Math.max(image.width, image.height);
    const [width, height] = [image.width, image.height].map((size) => Math.max(1, round((size / longest) * side)));
    const colour = how.mean.map((value) => round(255 * value));
    const left = round((side - width) / 2), top = round((side - height) / 2);
    return pasted(resized(image, width, height, method), side, left, top, colour);
  }
  const shrunk = resized(image, Math.min(image.width, side), Math.min(image.height, side), method);
  return resized(shrunk, side, side, method);
}

function centre(image, resize, side, method) {
  const short = Math.min(image.width, image.height);
  const [width, height] = [image.width, image.height].map((size) => Math.trunc((resize * size) / short));
  const left = round((width - side) / 2), top = round((height - side) / 2);
  if (Math.max(width, height) <= LONG * resize) {
    return pasted(resized(image, width, height, method), side, -left, -top, [0, 0, 0]);
  }
  const x = image.width / width, y = image.height / height;
  const box = [left * x, top * y, Math.min((left + side) * x, image.width), Math.min((top + side) * y, image.height)];
  return resized(image, side, side, method, box);
}

// An image as normalised float32: all of red, then green, then blue.
function normalised(image, how) {
  const n = image.width * image.height, values = new Float32Array(3 * n);
  const [mean, std] = [how.mean.map(Math.fround), how.std.map(Math.fround)];
  for (let channel = 0; channel < 3; channel++) {
    for (let at = 0; at < n; at++) {
      const share = Math.fround(image.data[3 * at + channel] / 255);
      values[channel * n + at] = Math.fround(share - mean[channel]) / std[channel];
    }
  }
  return values;
}
