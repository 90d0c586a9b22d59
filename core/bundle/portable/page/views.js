// Several views of one photo, whose probabilities are averaged: itself, mirrored, and cuts out of it.

const CUT = 7 / 8; // the share of each side that a cut keeps

// A part of an image {width, height, data: RGB}; mirrored, where that is wanted.
function part(image, left, top, width, height, mirrored) {
  const data = new Uint8ClampedArray(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let at = ((y + top) * image.width + left + (mirrored ? width - 1 - x : x)) * 3;
      for (let channel = 0; channel < 3; channel++) data[to++] = image.data[at++];
    }
  }
  return { width, height, data };
}

// One view of an image; 0 is the image itself, odd ones are mirrored.
function viewOf(image, number) {
  const place = Math.floor(number / 2), mirrored = number % 2 === 1;
  if (number === 0) return image;
  if (place === 0) return part(image, 0, 0, image.width, image.height, mirrored);
  const corner = place - 1;
  const [width, height] = [image.width, image.height].map((side) => Math.max(1, round(CUT * side)));
  const left = (corner % 2) * (image.width - width), top = Math.floor(corner / 2) * (image.height - height);
  return part(image, left, top, width, height, mirrored);
}
