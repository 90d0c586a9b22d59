// The page: proves that the model is used rightly, and then answers photos. Nothing leaves the browser.

const about = JSON.parse(document.getElementById("about").textContent);
const words = about.words;
const ids = ["status", "ask", "drop", "files", "open", "camera", "live", "video", "shoot", "stop", "answers", "empty"];
const parts = Object.fromEntries(ids.map((id) => [id, document.getElementById(id)]));
let session = null, strangers = null;

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const pause = () => new Promise((resolve) => setTimeout(resolve));

function unpacked(id) {
  const text = atob(document.getElementById(id).textContent), bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

async function inflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// A file or a blob as an upright RGB image over white, in the colours that are in the file.
async function opened(blob) {
  const bitmap = await decoded(blob);
  if (!bitmap) throw new Error(words.damaged);
  return pixelsOf(bitmap);
}

// A photo as the browser decodes it, upright; null where it cannot.
async function decoded(blob) {
  try {
    return await createImageBitmap(blob, { imageOrientation: "from-image", colorSpaceConversion: "none" });
  } catch {
    return null;
  }
}

function pixelsOf(bitmap) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const rgb = new Uint8ClampedArray((data.length / 4) * 3);
  for (let at = 0, to = 0; at < data.length; at += 4) {
    rgb[to++] = data[at];
    rgb[to++] = data[at + 1];
    rgb[to++] = data[at + 2];
  }
  return { width: canvas.width, height: canvas.height, data: rgb };
}

// The probabilities of the classes for an image, means over its views, and the network's features of the image itself.
async function answer(image) {
  const answers = [];
  for (let number = 0; number < about.views; number++) answers.push(await answerToView(viewOf(image, number)));
  const mean = (_, k) => Math.fround(answers.reduce((sum, { proba }) => sum + proba[k], 0) / answers.length);
  return { proba: answers[0].proba.map(mean), features: answers[0].features };
}

async function answerToView(image) {
  const feeds = {};
  about.preprocessing.forEach((how, k) => {
    const side = how.crop_px;
    feeds[about.inputs[k]] = new ort.Tensor("float32", normalised(cropped(image, how), how), [1, 3, side, side]);
  });
  const { proba, features } = await session.run(feeds);
  return { proba: proba.data, features: features.data };
}

function isAlike(actual, expected, most) {
  const far = actual.proba.reduce((largest, share, k) => Math.max(largest, Math.abs(share - expected.proba[k])), 0);
  let apart = 0, length = 0;
  for (let k = 0; k < expected.features.length; k++) {
    apart += (actual.features[k] - expected.features[k]) ** 2;
    length += expected.features[k] ** 2;
  }
  return far <= most.proba && Math.sqrt(apart) <= most.features * Math.max(Math.sqrt(length), 1e-12);
}

function say(state, text) {
  parts.status.dataset.state = state;
  parts.status.textContent = text;
}

function featuresOf(photo) {
  return new Float32Array(Uint8Array.from(atob(photo.features), (letter) => letter.charCodeAt(0)).buffer);
}

// Whether what tells strangers is what the self-check knows: there or not, of its threshold, and as far from its photos.
function areThese(known, { strangers: expected, photos }) {
  if (!known || !expected) return !known && expected === null;
  const isNear = (photo, k) => {
    const far = expected.distances[k];
    return Math.abs(distance(known, featuresOf(photo)) - far) < 1e-3 * Math.max(far, 1);
  };
  return Number(known.facts.threshold) === expected.threshold && photos.every(isNear);
}

async function prepare() {
  const { photos, most, classes, views, viewed, rule } = about.check;
  const isOurs = JSON.stringify([classes, views, rule]) === JSON.stringify([about.classes, about.views, about.rule])
    && viewed.length > 0 === views > 1;
  strangers = strangersOf(unpacked("strangers"));
  if (!photos.length || !isOurs || !areThese(strangers, about.check)) return say("failed", words.mixed);
  say("busy", words.loading);
  await pause();
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = (await inflated(unpacked("runtime"))).buffer;
  session = await ort.InferenceSession.create(unpacked("model"), { executionProviders: ["wasm"] });
  for (const [k, photo] of photos.entries()) {
    say("busy", fill(words.checking, { k: k + 1, n: photos.length }));
    await pause();
    const bytes = Uint8Array.from(atob(photo.content), (letter) => letter.charCodeAt(0));
    const features = featuresOf(photo);
    const image = await opened(new Blob([bytes], { type: photo.type }));
    const isRight = isAlike(await answerToView(image), { proba: photo.proba, features }, most);
    if (!isRight || (viewed[k] && !isAlike(await answer(image), { proba: viewed[k], features }, most))) {
      session = null;
      return say("failed", fill(words.failed, { k: k + 1, n: photos.length }));
    }
  }
  say("passed", fill(words.passed, { n: photos.length }));
  parts.ask.disabled = false;
}

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function bar(name, share) {
  const meter = element("meter", { min: 0, max: 1, value: share });
  meter.setAttribute("aria-label", name);
  return element("li", {}, element("span", { className: "name", textContent: name }), meter,
    element("span", { className: "share", textContent: percent(share) }));
}

// What is answered, or why nothing is.
function headline({ proba, features }) {
  if (strangers && distance(strangers, features) > Number(strangers.facts.threshold)) return words.strange;
  const { label, answers, possible } = decided(about.rule, [...proba]);
  if (answers) return about.classes[label];
  if (possible.length < 2) return words.unsure;
  return fill(words.among, { names: possible.map((k) => about.classes[k]).join(words.or) });
}

function bars({ proba, features }) {
  const ranked = [...proba].map((share, k) => [about.classes[k], share]).sort((a, b) => b[1] - a[1]);
  const list = (some) => element("ul", { className: "bars" }, ...some.map(([name, share]) => bar(name, share)));
  const parts = [element("h3", { textContent: headline({ proba, features }) }), list(ranked.slice(0, 5))];
  if (ranked.length > 5) {
    const more = element("summary", { textContent: fill(words.more, { n: ranked.length - 5 }) });
    parts.push(element("details", {}, more, list(ranked.slice(5))));
  }
  return parts;
}

async function ask(blob, name) {
  if (!session) return;
  parts.empty.hidden = true;
  const bytes = new Uint8Array(await blob.arrayBuffer()), why = await refusal(bytes);
  const shown = why ? {} : { src: URL.createObjectURL(blob) }; // what is refused is not shown: that would decode it, too
  const picture = element("img", { alt: name, ...shown });
  const said = element("div", { className: "said" }, element("p", { textContent: words.looking }));
  const caption = element("figcaption", { textContent: name });
  const card = element("article", {}, element("figure", {}, picture, caption), said);
  parts.answers.prepend(card);
  await pause();
  const refused = (text) => {
    picture.remove();
    said.replaceChildren(element("p", { className: "problem", textContent: fill(text, { name }) }));
  };
  if (why) return refused(words[why]);
  const bitmap = await decoded(blob), late = afterwards(bytes, bitmap);
  if (late) return refused(words[late]);
  try {
    const found = await answer(pixelsOf(bitmap));
    card.dataset.proba = JSON.stringify([...found.proba]);
    said.replaceChildren(...bars(found));
  } catch (problem) {
    refused(fill(words.broken, { why: problem.message || problem }));
  }
}

async function askAll(files) {
  for (const file of files) await ask(file, file.name);
}

async function film() {
  try {
    parts.video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    parts.live.hidden = false;
  } catch {
    say(parts.status.dataset.state, words.nocamera);
  }
}

function endFilm() {
  parts.video.srcObject?.getTracks().forEach((track) => track.stop());
  parts.video.srcObject = null;
  parts.live.hidden = true;
}

function shoot() {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [parts.video.videoWidth, parts.video.videoHeight];
  canvas.getContext("2d").drawImage(parts.video, 0, 0);
  canvas.toBlob((blob) => blob && ask(blob, words.shot));
}

parts.files.addEventListener("change", () => askAll([...parts.files.files]).then(() => (parts.files.value = "")));
parts.open.addEventListener("click", () => parts.files.click());
parts.camera.addEventListener("click", film);
parts.shoot.addEventListener("click", shoot);
parts.stop.addEventListener("click", endFilm);
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    parts.drop.classList.toggle("over", kind === "dragover");
    if (kind === "drop") askAll([...event.dataTransfer.files]);
  });
}
document.addEventListener("paste", (event) => askAll([...event.clipboardData.files]));
prepare().catch((problem) => say("failed", fill(words.broken, { why: problem.message || problem })));
