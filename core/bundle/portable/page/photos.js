// What is in a file before the browser decodes it: what format it is of, whether it is whole, and whether it is too much.

const MOST_SIDE = 20_000, MOST_PIXELS_ELSE = 128_000_000;
const MOST_PIXELS = { jpeg: 256_000_000, webp: 53_333_333, avif: 40_000_000 };
const FEW_SCANS = 50, MANY_SCANS = 1000, MOST_SCANNED_PIXELS = 1_000_000_000, MOST_TEXT = 1 << 20;
const MOST_ZEROS = 0.25; // of the bytes of a WebP or AVIF: more of them at its end are what a copy lacks
const CHANNELS = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }; // of a PNG, by its kind of colour
const PASSES = [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]];
const UNKNOWN_TO_BROWSERS = ["heic", "tiff"]; // to most of them
const GUESSED = ["webp", "avif"]; // decoders take zeros for pixels
const STARTS = [
  ["\xff\xd8\xff", "jpeg"], ["\x89PNG\r\n\x1a\n", "png"], ["GIF87a", "gif"], ["GIF89a", "gif"], ["BM", "bmp"],
  ["II*\0", "tiff"], ["MM\0*", "tiff"],
];
const BRANDS = { avif: "avif", avis: "avif", heic: "heic", heix: "heic", heim: "heic", heis: "heic", hevc: "heic", mif1: "heic" };

const letters = (bytes, from, to) => String.fromCharCode(...bytes.subarray(from, to));
const number = (bytes, at) => ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;

// The format that a file's beginning announces; "" where it is none of a picture.
function formatOf(bytes) {
  const head = letters(bytes, 0, 12), known = STARTS.find(([start]) => head.startsWith(start));
  if (known) return known[1];
  if (head.startsWith("RIFF") && head.slice(8) === "WEBP") return "webp";
  return (head.slice(4, 8) === "ftyp" && BRANDS[head.slice(8)]) || "";
}

// Why a photo is not decoded, as a key of the page's words; "" where it is.
async function refusal(bytes) {
  const format = formatOf(bytes);
  if (!bytes.length) return "empty";
  if (!format) return "nopicture";
  if (format === "png") return pngRefusal(bytes);
  if (format === "jpeg") return jpegRefusal(bytes);
  return GUESSED.includes(format) && endsInZeros(bytes) ? "damaged" : "";
}

// Why a photo that the browser has not decoded, or has made too much of, gets no answer.
function afterwards(bytes, bitmap) {
  const format = formatOf(bytes);
  if (!bitmap) return UNKNOWN_TO_BROWSERS.includes(format) ? "format" : "damaged";
  return isTooMuch(format, bitmap.width, bitmap.height) ? "large" : "";
}

function isTooMuch(format, width, height) {
  return Math.max(width, height) > MOST_SIDE || width * height > (MOST_PIXELS[format] || MOST_PIXELS_ELSE);
}

function endsInZeros(bytes) {
  return bytes.findLastIndex((byte) => byte !== 0) + 1 < bytes.length * (1 - MOST_ZEROS);
}

// Chromium decodes a PNG whose data is broken or short, or whose texts (zTXt) swell; Graft refuses these, so does this.
async function pngRefusal(bytes) {
  if (bytes.length < 33) return "damaged";
  if (isTooMuch("png", number(bytes, 16), number(bytes, 20))) return "large";
  const data = [], most = bytesOfRows(bytes);
  for (let at = 8; ; at += 12 + number(bytes, at)) {
    if (at + 12 + number(bytes, at) > bytes.length) return "damaged"; // it ends before its end
    const kind = letters(bytes, at + 4, at + 8), content = bytes.subarray(at + 8, at + 8 + number(bytes, at));
    if (kind === "IDAT") data.push(content);
    if (kind === "zTXt" && await inflatedSize([content.subarray(content.indexOf(0) + 2)], MOST_TEXT) > MOST_TEXT) {
      return "damaged";
    }
    if (kind === "IEND") return (await sizeOfRows(data, most)) < most ? "damaged" : "";
  }
}

// How many bytes the rows of a PNG have together, by its header: one before each row says how it is stored.
function bytesOfRows(bytes) {
  const [width, height, bits] = [number(bytes, 16), number(bytes, 20), bytes[24] * (CHANNELS[bytes[25]] || 0)];
  return (bytes[28] ? PASSES : [[0, 0, 1, 1]]).reduce((total, [left, top, across, down]) => {
    const [columns, rows] = [Math.ceil(Math.max(width - left, 0) / across), Math.ceil(Math.max(height - top, 0) / down)];
    return total + (columns ? rows * (1 + Math.ceil((columns * bits) / 8)) : 0);
  }, 0);
}

// How many bytes of rows there are, as far as those that are expected; -1 where the data is broken or cut off.
async function sizeOfRows(data, most) {
  const size = await inflatedSize(data, most);
  return size < 0 ? await sizeBeforeRest(data, most) : size;
}

// How many bytes compressed ones become; it looks no further than the most. -1 where they are broken.
async function inflatedSize(compressed, most) {
  let size = 0;
  try {
    const reader = new Blob(compressed).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
    for (let read = await reader.read(); !read.done && size <= most; read = await reader.read()) size += read.value.length;
    if (size > most) await reader.cancel();
    return size;
  } catch {
    return -1;
  }
}

// The same of data that is whole but for some bytes that follow its end, which browsers refuse and Graft passes over.
async function sizeBeforeRest(compressed, most) {
  const bytes = new Uint8Array(await new Blob(compressed).arrayBuffer());
  let [good, bad] = [0, bytes.length];
  if (await isBeginning(bytes)) return -1; // nothing follows its end: it was cut off
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (await isBeginning(bytes.subarray(0, middle))) good = middle;
    else bad = middle;
  }
  return inflatedSize([bytes.subarray(0, good)], most);
}

// Whether something can be inflated as far as it goes, wherever it ends.
async function isBeginning(bytes) {
  const { readable, writable } = new DecompressionStream("deflate"), writer = writable.getWriter();
  writer.closed.catch(() => {}); // the write below says it, too
  readable.pipeTo(new WritableStream()).catch(() => {}); // a write ends only where what comes out of it is taken
  try {
    await writer.write(bytes);
    writer.abort().catch(() => {});
    return true;
  } catch {
    return false;
  }
}

// Goes from segment to segment to the image's end: films and second pictures may come behind it.
function jpegRefusal(bytes) {
  let scans = 0, pixels = 1, at = 2;
  while (scans <= MANY_SCANS) {
    while (at < bytes.length && !(bytes[at] === 0xff && isMarker(bytes[at + 1]))) at++;
    if (at + 1 >= bytes.length) return "damaged"; // it ends before its end
    const marker = bytes[at + 1], length = Math.max(2, (bytes[at + 2] << 8) | bytes[at + 3]);
    if (marker === 0xd9) return scans ? "" : "damaged";
    if (marker >= 0xc0 && marker <= 0xc2) {
      const [height, width] = [(bytes[at + 5] << 8) | bytes[at + 6], (bytes[at + 7] << 8) | bytes[at + 8]];
      if (isTooMuch("jpeg", width, height)) return "large";
      pixels = Math.max(1, width * height);
    }
    if (marker === 0xda && ++scans > Math.max(FEW_SCANS, Math.floor(MOST_SCANNED_PIXELS / pixels))) return "scans";
    at += 2 + length;
  }
  return "scans";
}

// Whether a byte behind 0xff begins a segment with a length, or is the image's end.
function isMarker(byte) {
  return byte > 1 && byte !== 0xff && !(byte >= 0xd0 && byte <= 0xd8);
}
