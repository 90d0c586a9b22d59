/* Closes the sidebar of a narrow window when a way to a page in it is taken. */
const WIDEST_PX = 768; // up to here Streamlit lays the sidebar over the page
const WAYS = '[data-testid="stSidebarNavLink"], [data-testid="stPageLink-NavLink"], .st-key-tour button';

export default function () {
  const sidebar = document.querySelector('[data-testid="stSidebar"]');

  function close() {
    const isOpen = !document.querySelector('[data-testid="stExpandSidebarButton"]');
    if (isOpen) sidebar.querySelector('[data-testid="stSidebarCollapseButton"] button').click();
  }

  function follow(event) {
    // Streamlit closes it by itself on some devices, and does so first
    if (window.innerWidth <= WIDEST_PX && event.target.closest(WAYS)) setTimeout(close);
  }

  sidebar.addEventListener("click", follow);
  return () => sidebar.removeEventListener("click", follow);
}
