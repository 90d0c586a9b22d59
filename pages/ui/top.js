/* Scrolls the page to its top, once. */
export default function () {
  document.querySelector('[data-testid="stMain"]').scrollTo({ top: 0 });
}
