/* The buttons for a figure's pictures. `data` holds the figure as JSON, the files' name, and the kinds of picture. */
export default function ({ parentElement, data }) {
  async function save({ format, scale }) {
    const figure = JSON.parse(data.figure);
    const { width, height } = figure.layout;
    const link = document.createElement("a");
    link.href = await window.Plotly.toImage(figure, { format, width, height, scale });
    link.download = `${data.name}.${format}`;
    parentElement.append(link); // a click beside the menu would close it
    link.click();
    link.remove();
  }

  const buttons = data.kinds.map((kind) => {
    const button = document.createElement("button");
    button.textContent = kind.label;
    button.onclick = () => save(kind);
    return button;
  });
  parentElement.replaceChildren(...buttons);
}
