// When the model should rather not answer: by its rule, and where a photo is none of its classes.

// What a rule makes of probabilities: the answer, whether it is given, and the classes that are left.
function decided(rule, proba) {
  const best = (values) => values.indexOf(Math.max(...values));
  const label = best(proba);
  if (!rule) return { label, answers: true, possible: [label] };
  if (rule.kind === "conformal") {
    const possible = proba.flatMap((share, k) => (share >= rule.threshold ? [k] : []));
    return { label, answers: possible.length === 1, possible };
  }
  if (rule.kind !== "costs") return { label, answers: proba[label] > rule.threshold, possible: [label] };
  const costs = rule.costs[0].map((_, answer) => proba.reduce((sum, share, k) => sum + share * rule.costs[k][answer], 0));
  const cheapest = best(costs.map((cost) => -cost));
  return { label: cheapest, answers: costs[cheapest] <= rule.promised, possible: [cheapest] };
}

// A number of 16 bits: a sign, 5 bits of exponent, 10 of fraction.
function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return exponent === 31 ? NaN : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

// The parts of a safetensors file: 8 bytes of length, so much JSON, then the numbers; null where there is none.
function strangersOf(bytes) {
  if (!bytes.length) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset), start = 8 + view.getUint32(0, true);
  const { __metadata__: facts, ...entries } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  const parts = { facts };
  for (const [name, { dtype, shape, data_offsets: [begin, end] }] of Object.entries(entries)) {
    const size = dtype === "F16" ? 2 : 4, values = new Float32Array((end - begin) / size);
    for (let k = 0; k < values.length; k++) {
      const at = start + begin + k * size;
      values[k] = size === 2 ? half(view.getUint16(at, true)) : view.getFloat32(at, true);
    }
    parts[name] = { shape, values };
  }
  return parts;
}

function dot(matrix, row, vector) {
  let sum = 0;
  for (let k = 0, at = row * vector.length; k < vector.length; k++, at++) sum += matrix.values[at] * vector[k];
  return sum;
}

// How far a photo with these features is from the training photos.
function distance({ facts, bank, means, directions, variances }, features) {
  const length = Math.max(Math.sqrt(features.reduce((sum, value) => sum + value * value, 0)), 1e-12);
  const unit = Float64Array.from(features, (value) => value / length);
  if (facts.method === "knn") {
    const cosines = Float64Array.from({ length: bank.shape[0] }, (_, row) => dot(bank, row, unit)).sort();
    return Math.sqrt(Math.max(2 - 2 * cosines[cosines.length - Math.min(Number(facts.k), cosines.length)], 0));
  }
  const rest = Number(facts.rest);
  const squares = Array.from({ length: means.shape[0] }, (_, row) => {
    const away = unit.map((value, k) => value - means.values[row * unit.length + k]);
    let square = away.reduce((sum, value) => sum + value * value, 0) / rest;
    variances.values.forEach((variance, k) => (square -= dot(directions, k, away) ** 2 * (1 / rest - 1 / variance)));
    return square;
  });
  return Math.sqrt(Math.max(Math.min(...squares), 0));
}
